<?php

/**
 * What the modules find around them in WHMCS: the constant, the logs, the classes. Run from the repository's root:
 * phpunit -c modules/tests/phpunit.xml
 */

define('WHMCS', true);

/** The entries that the modules wrote to WHMCS's logs. */
final class Logs
{
    /** @var array[] arguments of logModuleCall */
    public static $module = [];
    /** @var string[] */
    public static $activity = [];

    public static function clear(): void
    {
        self::$module = [];
        self::$activity = [];
    }
}

function logModuleCall(...$arguments): void
{
    Logs::$module[] = $arguments;
}

function logActivity(string $line, int $clientId = 0): void
{
    Logs::$activity[] = $line;
}

require_once __DIR__ . '/FakeDaemon.php';

// Each kind of module brings stand-ins for the WHMCS classes that it uses.
foreach (glob(__DIR__ . '/stubs/*.php') as $stubs) {
    require_once $stubs;
}
