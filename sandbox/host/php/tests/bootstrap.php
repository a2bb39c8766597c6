<?php

// Boots the runtime outside php-fpm, on a throwaway root with a database of its own.

define('SANDBOX_HOST_TESTS', true);
ini_set('include_path', '.:/usr/share/php');
date_default_timezone_set('UTC');

$root = sys_get_temp_dir() . '/host-php-tests-' . getmypid();
mkdir($root . '/run/templates_c', 0700, true);
foreach (['runtime', 'includes'] as $name) {
    symlink(dirname(__DIR__) . '/root/' . $name, $root . '/' . $name);
}
register_shutdown_function(static function () use ($root): void {
    exec('rm -rf ' . escapeshellarg($root));
});
$config = '<?php $db_name = %s; $cc_encryption_hash = "a long hash"; $host_system_url = "http://host.test/billing/";';
file_put_contents($root . '/configuration.php', sprintf($config, var_export($root . '/host.sqlite', true)));
putenv('HOST_RUN_DIR=' . $root . '/run');
$_SERVER['HOST_SESSION'] = '{"uid":1,"token":"t"}';

define('WHMCS', true);
define('ROOTDIR', $root);
require dirname(__DIR__) . '/root/runtime/src/Autoloader.php';
\SandboxHost\Autoloader::register($root);
\SandboxHost\Host::boot($root);
foreach (glob(dirname(__DIR__) . '/root/runtime/functions/*.php') as $file) {
    require $file;
}
\SandboxHost\Database::pdo()->exec((string) file_get_contents(dirname(__DIR__, 2) . '/src/php/testdata/tables.sql'));
