<?php

declare(strict_types=1);

namespace SandboxHost;

/** tblconfiguration, read once per request. */
final class Settings
{
    /** @var array<string, mixed>|null */
    private static ?array $all = null;

    /** @return array<string, mixed> */
    public static function all(): array
    {
        if (self::$all === null) {
            $rows = Database::rows('SELECT setting, value FROM tblconfiguration');
            self::$all = array_column($rows, 'value', 'setting');
            self::$all += ['SystemURL' => Host::$systemUrl, 'Version' => Host::VERSION, 'Charset' => 'utf-8'];
        }
        return self::$all;
    }

    public static function get(string $name): mixed
    {
        return self::all()[$name] ?? null;
    }

    public static function set(string $name, mixed $value): void
    {
        $changed = Database::run('UPDATE tblconfiguration SET value = ? WHERE setting = ?', [$value, $name]);
        if ($changed === 0) {
            Database::insert('tblconfiguration', ['setting' => $name, 'value' => $value]);
        }
        self::remember($name, $value);
    }

    public static function remember(string $name, mixed $value): void
    {
        self::all();
        self::$all[$name] = $value;
    }

    public static function forget(): void
    {
        self::$all = null;
    }
}
