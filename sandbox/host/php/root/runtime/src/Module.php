<?php

declare(strict_types=1);

namespace SandboxHost;

/** One module on disk. Found by the contract's rules, never by a list. */
final class Module
{
    private const FOLDERS = [
        'registrar' => 'registrars',
        'server' => 'servers',
        'gateway' => 'gateways',
        'addon' => 'addons',
    ];

    private function __construct(
        public readonly string $kind,
        public readonly string $name,
        public readonly string $folder,
        public readonly string $file
    ) {
    }

    public static function find(string $kind, string $name): self
    {
        if (!preg_match('/^[A-Za-z0-9][A-Za-z0-9_-]*$/', $name) || !isset(self::FOLDERS[$kind])) {
            throw new \InvalidArgumentException("\"$name\" is no name of a $kind module");
        }
        $base = Host::$root . '/modules/' . self::FOLDERS[$kind];
        $file = $kind === 'gateway' ? "$base/$name.php" : "$base/$name/$name.php";
        return new self($kind, $name, "$base/$name", $file);
    }

    public static function load(string $kind, string $name): self
    {
        $module = self::find($kind, $name);
        if (!is_file($module->file)) {
            throw new \RuntimeException("The $kind module \"$name\" has no file " . substr($module->file, strlen(Host::$root) + 1));
        }
        (static function (string $file): void {
            // Old modules assign file-level variables and read them with `global`.
            foreach (['CONFIG', 'whmcs', '_LANG', '_ADMINLANG', '_ADDONLANG'] as $name) {
                $$name = &$GLOBALS[$name];
            }
            require_once $file;
        })($module->file);
        return $module;
    }

    /** @return list<string> */
    public static function names(string $kind): array
    {
        $base = Host::$root . '/modules/' . (self::FOLDERS[$kind] ?? 'none');
        $names = [];
        foreach (glob($base . '/*') ?: [] as $path) {
            $name = basename($path, $kind === 'gateway' ? '.php' : '');
            $usable = preg_match('/^[A-Za-z0-9][A-Za-z0-9_-]*$/', $name) && $name !== 'index';
            if ($usable && is_file(self::find($kind, $name)->file)) {
                $names[$name] = $name;
            }
        }
        return array_values($names);
    }

    /** The callable name of a function, or null. */
    public function callable(string $function): ?string
    {
        $name = $this->name . '_' . $function;
        return function_exists($name) ? $name : null;
    }

    /** @return list<string> without prefix, spelled as in the module's file */
    public function functions(): array
    {
        $prefix = strtolower($this->name) . '_';
        $found = [];
        foreach (get_defined_functions()['user'] as $function) {
            if (strncmp($function, $prefix, strlen($prefix)) === 0) {
                $found[] = substr((new \ReflectionFunction($function))->getName(), strlen($prefix));
            }
        }
        return $found;
    }

    /** @return array<string, mixed> */
    public function describe(): array
    {
        $config = null;
        $entries = ['registrar' => ['getConfigArray', 'config'], 'gateway' => ['config'], 'addon' => ['config']];
        foreach (($entries[$this->kind] ?? ['ConfigOptions']) as $function) {
            $callable = $this->callable($function);
            if ($callable !== null) {
                $config = $callable($function === 'ConfigOptions' ? ['producttype' => 'other', 'isAddon' => false] : []);
                break;
            }
        }
        $meta = $this->callable('MetaData');
        return [
            'name' => $this->name,
            'hooks' => is_file($this->folder . '/hooks.php'),
            'meta' => $meta === null ? null : $meta(),
            'config' => $config,
            'functions' => $this->functions(),
        ];
    }
}
