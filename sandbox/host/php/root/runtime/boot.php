<?php

if (defined('WHMCS')) {
    return;
}

define('WHMCS', true);
define('ROOTDIR', dirname(__DIR__));

require __DIR__ . '/src/Autoloader.php';
\SandboxHost\Autoloader::register(ROOTDIR);
// Before everything else: even a session's start asks for the time.
if (!function_exists('time')) {
    require __DIR__ . '/time.php';
}
\SandboxHost\Host::boot(ROOTDIR);

require __DIR__ . '/functions/hooks.php';
require __DIR__ . '/functions/log.php';
require __DIR__ . '/functions/crypt.php';
require __DIR__ . '/functions/settings.php';
require __DIR__ . '/functions/api.php';
require __DIR__ . '/functions/clients.php';
require __DIR__ . '/functions/money.php';
require __DIR__ . '/functions/callbacks.php';
require __DIR__ . '/functions/dates.php';
require __DIR__ . '/functions/legacy_sql.php';
require __DIR__ . '/functions/view.php';
require __DIR__ . '/functions/provisioning.php';
