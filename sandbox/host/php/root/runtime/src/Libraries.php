<?php

declare(strict_types=1);

namespace SandboxHost;

/**
 * The distribution's libraries. Illuminate's files are found by their names, because nearly every request needs some
 * of them and the packaged autoloaders take longer than the files; all others come through those autoloaders.
 */
final class Libraries
{
    private const AUTOLOADERS = [
        'Carbon' => 'Carbon/autoload.php',
        'Illuminate' => 'Illuminate/Database/autoload.php',
        'Doctrine\\DBAL' => 'Doctrine/DBAL/autoload.php',
        'Doctrine\\Inflector' => 'Doctrine/Inflector/autoload.php',
        'GuzzleHttp' => 'GuzzleHttp/autoload.php',
        'Psr\\Container' => 'Psr/Container/autoload.php',
        'Psr\\Http' => 'Psr/Http/Message/autoload.php',
        'Psr\\Log' => 'Psr/Log/autoload.php',
        'Smarty' => 'smarty4/Autoloader.php',
        'Symfony' => 'Illuminate/Database/autoload.php',
        'voku' => 'voku/helper/autoload.php',
    ];

    /** Namespaces that the packages spread over folders; the first folder that has the file wins. */
    private const FOLDERS = [
        'Illuminate\\Support\\Traits\\' => [
            'Illuminate/Support/Traits/',
            'Illuminate/Collections/Traits/',
            'Illuminate/Macroable/Traits/',
        ],
        'Illuminate\\Support\\' => ['Illuminate/Support/', 'Illuminate/Collections/'],
        'Illuminate\\' => ['Illuminate/'],
    ];

    private const CAPSULE = 'Illuminate\\Database\\Capsule\\Manager';
    private const MODEL = 'Illuminate\\Database\\Eloquent\\Model';

    private static ?string $base = null;

    /** @var array<string, true> */
    private static array $asked = [];

    public static function load(string $class): void
    {
        if (strncmp($class, 'Illuminate\\', 11) === 0 && self::illuminate($class)) {
            self::connect($class);
            return;
        }
        foreach (self::AUTOLOADERS as $prefix => $file) {
            if (strncmp($class, $prefix, strlen($prefix)) !== 0 || isset(self::$asked[$prefix])) {
                continue;
            }
            self::$asked[$prefix] = true;
            if (stream_resolve_include_path($file) === false) {
                return;
            }
            require_once $file;
            if ($prefix === 'Smarty') {
                \Smarty_Autoloader::register();
            }
            if ($prefix === 'Carbon') {
                Time::tellCarbon();
            }
            // The library's own autoloader stands behind this one in the queue and answers next.
            return;
        }
    }

    private static function illuminate(string $class): bool
    {
        if (self::$base === null) {
            $file = stream_resolve_include_path('Illuminate/Support/helpers.php');
            self::$base = $file === false ? '' : dirname($file, 3) . '/';
            if ($file !== false) {
                require_once self::$base . 'Illuminate/Collections/helpers.php';
                require_once $file;
            }
        }
        foreach (self::FOLDERS as $prefix => $folders) {
            if (strncmp($class, $prefix, strlen($prefix)) !== 0) {
                continue;
            }
            $name = strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
            foreach ($folders as $folder) {
                if (is_file(self::$base . $folder . $name)) {
                    require_once self::$base . $folder . $name;
                    return true;
                }
            }
        }
        return false;
    }

    /** Whoever names Capsule or Eloquent finds them connected, under WHMCS's names or upstream's. */
    private static function connect(string $class): void
    {
        if ($class === self::CAPSULE) {
            require_once dirname(__DIR__) . '/whmcs/Database/Capsule.php';
        } elseif ($class === self::MODEL) {
            \Illuminate\Database\Eloquent\Model::setConnectionResolver(new LazyConnections());
        }
    }
}
