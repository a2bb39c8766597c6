<?php

declare(strict_types=1);

namespace SandboxHost;

/**
 * Finds classes when they are first named: the host's own, WHMCS's, the distribution's libraries, and the `lib`
 * folders of modules. An unknown name is left to PHP, whose error names it.
 */
final class Autoloader
{
    private const MODULE_FOLDERS = [
        'registrar' => 'registrars',
        'server' => 'servers',
        'gateway' => 'gateways',
        'addon' => 'addons',
        'fraud' => 'fraud',
        'report' => 'reports',
        'widget' => 'widgets',
        'notification' => 'notifications',
        'mail' => 'mail',
    ];

    /** Small classes that share a file. */
    private const GROUPED = [
        'WHMCS\\UsageBilling\\Metrics\\Units\\' => 'UsageBilling/Metrics/Units.php',
        'WHMCS\\UsageBilling\\Contracts\\' => 'UsageBilling/Contracts.php',
        'WHMCS\\Exception\\' => 'Exceptions.php',
        'WHMCS\\Application\\Support\\Facades\\' => 'Facades.php',
    ];

    private static string $root = '';

    public static function register(string $root): void
    {
        self::$root = $root;
        spl_autoload_register([self::class, 'load']);
    }

    public static function load(string $class): void
    {
        if (strncmp($class, 'WHMCS\\', 6) === 0) {
            self::loadWhmcs($class);
        } elseif (strncmp($class, 'SandboxHost\\', 12) === 0) {
            self::requireIfThere(__DIR__ . '/' . strtr(substr($class, 12), '\\', '/') . '.php');
        } elseif (strpos($class, '\\') === false && ctype_alpha($class)) {
            self::requireIfThere(dirname(__DIR__) . '/globals/' . $class . '.php');
            if (strncmp($class, 'Smarty', 6) === 0) {
                Libraries::load($class);
            }
        } else {
            Libraries::load($class);
        }
    }

    private static function loadWhmcs(string $class): void
    {
        if (stripos($class, 'WHMCS\\Module\\') === 0 && self::loadFromModule($class)) {
            return;
        }
        foreach (self::GROUPED as $prefix => $file) {
            if (strncmp($class, $prefix, strlen($prefix)) === 0) {
                require_once dirname(__DIR__) . '/whmcs/' . $file;
                return;
            }
        }
        self::requireIfThere(dirname(__DIR__) . '/whmcs/' . strtr(substr($class, 6), '\\', '/') . '.php');
    }

    /** `WHMCS\Module\Addon\SampleAddon\Some\Thing` is `modules/addons/sample_addon/lib/Some/Thing.php`. */
    private static function loadFromModule(string $class): bool
    {
        $parts = explode('\\', $class);
        $folder = self::MODULE_FOLDERS[strtolower($parts[2] ?? '')] ?? null;
        if ($folder === null || count($parts) < 5) {
            return false;
        }
        $base = self::$root . '/modules/' . $folder;
        $module = self::moduleFolder($base, $parts[3]);
        $inside = implode('/', array_slice($parts, 4)) . '.php';
        foreach (['lib', ''] as $sub) {
            $file = rtrim($base . '/' . $module . '/' . $sub, '/') . '/' . $inside;
            if ($module !== null && is_file($file)) {
                require_once $file;
                return true;
            }
        }
        return false;
    }

    private static function moduleFolder(string $base, string $studly): ?string
    {
        foreach ([strtolower($studly), $studly] as $name) {
            if (is_dir($base . '/' . $name)) {
                return $name;
            }
        }
        foreach (is_dir($base) ? scandir($base) : [] as $name) {
            if (strcasecmp(str_replace(['_', '-'], '', $name), $studly) === 0) {
                return $name;
            }
        }
        return null;
    }

    private static function requireIfThere(string $file): void
    {
        if (is_file($file)) {
            require_once $file;
        }
    }
}
