<?php

add_hook('AfterRegistrarRegistration', 1, function ($vars) {
    $name = $vars['params']['sld'] . '.' . $vars['params']['tld'];
    localAPI('LogActivity', ['clientid' => $vars['params']['userid'], 'description' => 'Name Keep registered ' . $name]);
});

add_hook('PreRegistrarRegisterDomain', 1, function ($vars) {
    if (strpos($vars['params']['sld'], 'forbidden') !== false) {
        return ['abortWithError' => 'This name may not be registered here'];
    }
});
