<?php

declare(strict_types=1);

namespace SandboxHost;

/** Facts of this installation and this request. */
final class Host
{
    public const VERSION = '8.13.1-release.1';

    public static string $root = '';
    public static string $systemUrl = '';
    public static string $database = '';
    public static string $encryptionHash = '';
    public static string $runDir = '';
    public static string $internalKey = '';

    public static function boot(string $root): void
    {
        self::$root = $root;
        self::readConfiguration($root . '/configuration.php');
        self::$internalKey = (string) getenv('HOST_INTERNAL_KEY');
        self::$runDir = (string) (getenv('HOST_RUN_DIR') ?: sys_get_temp_dir());
        Time::$ahead = (int) ($_SERVER['HOST_CLOCK'] ?? 0);
        SessionStore::start((string) ($_SERVER['HOST_SESSION'] ?? ''));
        foreach (['HOST_CLOCK', 'HOST_SESSION', 'HOST_MARK', 'HOST_INTERNAL_KEY', 'HOST_RUN_DIR'] as $own) {
            unset($_SERVER[$own], $_ENV[$own]);
        }
        $GLOBALS['CONFIG'] = new SettingsMap();
        $GLOBALS['_LANG'] = $GLOBALS['_LANG'] ?? [];
        $GLOBALS['_ADMINLANG'] = $GLOBALS['_ADMINLANG'] ?? [];
        $GLOBALS['_ADDONLANG'] = $GLOBALS['_ADDONLANG'] ?? [];
        $GLOBALS['whmcs'] = new \WHMCS\Application();
        $GLOBALS['remote_ip'] = $_SERVER['REMOTE_ADDR'] ?? '';
        Language::fill();
    }

    public static function language(): string
    {
        $language = strtolower((string) ($_SESSION['Language'] ?? ''));
        return preg_match('/^[a-z_-]+$/', $language) ? $language : 'english';
    }

    /** The path of the system URL, without a trailing slash. */
    public static function path(): string
    {
        return rtrim((string) parse_url(self::$systemUrl, PHP_URL_PATH), '/');
    }

    /** Every variable of configuration.php becomes a global, as modules expect. */
    private static function readConfiguration(string $file): void
    {
        $read = static function (string $file): array {
            if (is_file($file)) {
                include $file;
            }
            unset($file);
            return get_defined_vars();
        };
        foreach ($read($file) as $name => $value) {
            $GLOBALS[$name] = $value;
        }
        self::$database = (string) ($GLOBALS['db_name'] ?? '');
        self::$encryptionHash = (string) ($GLOBALS['cc_encryption_hash'] ?? '');
        self::$systemUrl = (string) ($GLOBALS['host_system_url'] ?? '');
    }
}
