<?php

declare(strict_types=1);

namespace SandboxHost;

/**
 * Finds classes when they are first named: the host's own, WHMCS's, the distribution's libraries, and the `lib`
 * folders of modules. An unknown name is left to PHP, whose error names it.
 */
final class Autoloader
{
    private const LIBRARIES = [
        'Illuminate' => 'Illuminate/Database/autoload.php',
        'Carbon' => 'Carbon/autoload.php',
        'GuzzleHttp' => 'GuzzleHttp/autoload.php',
        'Psr\\Http' => 'Psr/Http/Message/autoload.php',
        'Psr\\Log' => 'Psr/Log/autoload.php',
        'Doctrine' => 'Doctrine/DBAL/autoload.php',
        'Smarty' => 'smarty4/Autoloader.php',
    ];

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

    /** @var array<string, true> */
    private static array $loaded = [];

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
        } elseif ($class === 'Illuminate\\Database\\Capsule\\Manager') {
            self::loadLibrary($class);
            require_once 'Illuminate/Database/Capsule/Manager.php';
            // Under its own name too it must be the started one.
            require_once dirname(__DIR__) . '/whmcs/Database/Capsule.php';
        } elseif (strpos($class, '\\') === false && ctype_alpha($class)) {
            self::requireIfThere(dirname(__DIR__) . '/globals/' . $class . '.php');
            if (strncmp($class, 'Smarty', 6) === 0) {
                self::loadLibrary($class);
            }
        } else {
            self::loadLibrary($class);
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

    private static function loadLibrary(string $class): void
    {
        foreach (self::LIBRARIES as $prefix => $file) {
            if (strncmp($class, $prefix, strlen($prefix)) !== 0 || isset(self::$loaded[$prefix])) {
                continue;
            }
            self::$loaded[$prefix] = true;
            if (stream_resolve_include_path($file) === false) {
                return;
            }
            require_once $file;
            if ($prefix === 'Smarty') {
                \Smarty_Autoloader::register();
            }
            // The library's own autoloader is behind this one in the queue and answers next.
            return;
        }
    }

    private static function requireIfThere(string $file): void
    {
        if (is_file($file)) {
            require_once $file;
        }
    }
}
