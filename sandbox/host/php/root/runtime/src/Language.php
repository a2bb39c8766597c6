<?php

declare(strict_types=1);

namespace SandboxHost;

/** `$_LANG` from the installation's language files and their overrides, read when the first text is asked for. */
final class Language
{
    private static bool $read = false;

    public static function fill(): void
    {
        if (is_dir(Host::$root . '/lang') && glob(Host::$root . '/lang/*.php')) {
            self::text('locale');
        }
    }

    /** @param array<string, mixed> $replace */
    public static function text(string $key, array $replace = []): string
    {
        if (!self::$read) {
            self::$read = true;
            $language = Host::language();
            foreach (['english', $language, 'overrides/' . $language] as $name) {
                $GLOBALS['_LANG'] = self::file(Host::$root . "/lang/$name.php", '_LANG') + $GLOBALS['_LANG'];
            }
        }
        $found = $GLOBALS['_LANG'];
        foreach (isset($found[$key]) ? [$key] : explode('.', $key) as $part) {
            $found = is_array($found) ? ($found[$part] ?? null) : null;
        }
        $text = is_string($found) ? $found : $key;
        foreach ($replace as $name => $value) {
            $text = str_replace(':' . ltrim((string) $name, ':'), (string) $value, $text);
        }
        return $text;
    }

    /** @return array<string, mixed> the named array of a language file */
    public static function file(string $file, string $variable): array
    {
        if (!is_file($file)) {
            return [];
        }
        $$variable = [];
        include $file;
        return (array) $$variable;
    }
}
