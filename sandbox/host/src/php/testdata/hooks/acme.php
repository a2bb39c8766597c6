<?php

add_hook('PreRegistrarRegisterDomain', 1, function ($vars) {
    if ($vars['params']['sld'] === 'forbidden') {
        return ['abortWithError' => 'Not this name'];
    }
    return $vars['params']['sld'] === 'pretend' ? ['abortWithSuccess' => true] : null;
});

add_hook('AfterRegistrarRegister', 1, function ($vars) {
    logActivity('register ' . ($vars['functionSuccessful'] ? 'went well' : 'failed'));
});

add_hook('AfterRegistrarRegistrationFailed', 1, function ($vars) {
    logActivity('because: ' . $vars['error']);
});

add_hook('PreModuleCreate', 1, function ($vars) {
    return ($vars['params']['domain'] ?? '') === 'stop.example' ? ['abortcmd' => true] : [];
});

add_hook('AfterModuleSuspendFailed', 1, function ($vars) {
    logActivity('suspend failed: ' . $vars['failureResponseMessage']);
});

add_hook('ClientAreaHeadOutput', 20, function ($vars) {
    return 'second ' . $vars['pagetitle'];
});

add_hook('ClientAreaHeadOutput', 10, 'acme_first');

add_hook('ClientAreaHeadOutput', 15, function () {
    throw new LogicException('a hook that breaks');
});

function acme_first($vars)
{
    return 'first';
}
