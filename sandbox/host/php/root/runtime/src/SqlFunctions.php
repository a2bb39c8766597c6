<?php

declare(strict_types=1);

namespace SandboxHost;

use PDO;

/** MySQL's functions for SQLite. Names that SQLite has with the same meaning are not here. */
final class SqlFunctions
{
    public static function register(PDO $pdo): void
    {
        foreach (self::table() as $name => $function) {
            $pdo->sqliteCreateFunction($name, $function);
        }
    }

    /** MySQL's date format letters as PHP's. */
    public static function dateFormat(?string $value, ?string $format): ?string
    {
        $time = $value === null ? false : strtotime($value);
        if ($time === false || $format === null) {
            return null;
        }
        $letters = [
            'Y' => 'Y', 'y' => 'y', 'm' => 'm', 'c' => 'n', 'd' => 'd', 'e' => 'j', 'H' => 'H', 'k' => 'G', 'h' => 'h',
            'I' => 'h', 'l' => 'g', 'i' => 'i', 's' => 's', 'S' => 's', 'p' => 'A', 'M' => 'F', 'b' => 'M', 'W' => 'l',
            'a' => 'D', 'T' => 'H:i:s', 'r' => 'h:i:s A', 'w' => 'w', 'D' => 'jS', 'u' => 'W', 'v' => 'W', 'j' => 'z',
        ];
        return (string) preg_replace_callback(
            '/%(.)/',
            static fn (array $m): string => isset($letters[$m[1]]) ? gmdate($letters[$m[1]], $time) : $m[1],
            $format
        );
    }

    /** @return array<string, callable> */
    private static function table(): array
    {
        $now = static fn (): string => date('Y-m-d H:i:s');
        $part = static fn (string $letter): callable => static fn ($v = null): ?int => self::part($v, $letter);
        return [
            'NOW' => $now,
            'SYSDATE' => $now,
            'UTC_TIMESTAMP' => static fn (): string => gmdate('Y-m-d H:i:s'),
            'CURDATE' => static fn (): string => date('Y-m-d'),
            'CURTIME' => static fn (): string => date('H:i:s'),
            'UNIX_TIMESTAMP' => static fn ($v = 'now'): ?int => self::seconds($v),
            'FROM_UNIXTIME' => static fn ($v, $f = '%Y-%m-%d %H:%i:%s'): ?string => self::dateFormat('@' . (int) $v, $f),
            'DATE_FORMAT' => static fn ($v, $f): ?string => self::dateFormat($v === null ? null : (string) $v, (string) $f),
            'STR_TO_DATE' => static fn ($v, $f): ?string => self::dateFormat($v === null ? null : (string) $v, '%Y-%m-%d'),
            'HOST_DATE_SHIFT' => static fn ($v, $n, $u): ?string => self::shift($v, (int) $n, (string) $u),
            'DATEDIFF' => static fn ($a, $b): ?int => self::days($a) === null || self::days($b) === null
                ? null : self::days($a) - self::days($b),
            'TIMESTAMPDIFF' => static fn ($u, $a, $b): ?int => self::seconds($b) - self::seconds($a),
            'YEAR' => $part('Y'),
            'MONTH' => $part('n'),
            'DAY' => $part('j'),
            'DAYOFMONTH' => $part('j'),
            'HOUR' => $part('G'),
            'MINUTE' => $part('i'),
            'SECOND' => $part('s'),
            'LAST_DAY' => static fn ($v): ?string => self::seconds($v) === null ? null : date('Y-m-t', self::seconds($v)),
            'CONCAT' => static fn (...$a): ?string => in_array(null, $a, true) ? null : implode('', $a),
            'CONCAT_WS' => static fn ($s, ...$a): string => implode((string) $s, array_diff_key($a, array_filter($a, 'is_null'))),
            'IF' => static fn ($c, $a, $b) => $c ? $a : $b,
            'FIND_IN_SET' => static fn ($v, $l): int => self::place((string) $v, explode(',', (string) $l)),
            'FIELD' => static fn ($v, ...$l): int => self::place((string) $v, array_map('strval', $l)),
            'LEFT' => static fn ($v, $n): string => mb_substr((string) $v, 0, (int) $n),
            'RIGHT' => static fn ($v, $n): string => (int) $n === 0 ? '' : mb_substr((string) $v, -(int) $n),
            'LPAD' => static fn ($v, $n, $p): string => self::pad((string) $v, (int) $n, (string) $p, STR_PAD_LEFT),
            'RPAD' => static fn ($v, $n, $p): string => self::pad((string) $v, (int) $n, (string) $p, STR_PAD_RIGHT),
            'SUBSTRING_INDEX' => static fn ($v, $d, $n): string => self::substringIndex((string) $v, (string) $d, (int) $n),
            'LOCATE' => static fn ($n, $v): int => self::locate((string) $n, (string) $v),
            'CHAR_LENGTH' => static fn ($v): int => mb_strlen((string) $v),
            'UCASE' => static fn ($v): string => mb_strtoupper((string) $v),
            'LCASE' => static fn ($v): string => mb_strtolower((string) $v),
            'REVERSE' => static fn ($v): string => strrev((string) $v),
            'REGEXP' => static fn ($p, $v): int => self::matches((string) $p, (string) $v),
            'MD5' => static fn ($v): string => md5((string) $v),
            'SHA1' => static fn ($v): string => sha1((string) $v),
            'RAND' => static fn ($seed = null): float => mt_rand() / mt_getrandmax(),
            'UUID' => static fn (): string => self::uuid(),
            'FLOOR' => static fn ($v): int => (int) floor((float) $v),
            'CEIL' => static fn ($v): int => (int) ceil((float) $v),
            'TRUNCATE' => static fn ($v, $n): float => floor((float) $v * 10 ** (int) $n) / 10 ** (int) $n,
            'GREATEST' => static fn (...$a) => max($a),
            'LEAST' => static fn (...$a) => min($a),
            'INET_ATON' => static fn ($v): int => (int) ip2long((string) $v),
            'DATABASE' => static fn (): string => 'whmcs',
            'VERSION' => static fn (): string => '8.0.0-sqlite',
            'LAST_INSERT_ID' => static fn (): int => (int) Database::pdo()->lastInsertId(),
            'GET_LOCK' => static fn ($name, $seconds): int => 1,
            'RELEASE_LOCK' => static fn ($name): int => 1,
        ];
    }

    /** @param list<string> $list */
    private static function place(string $value, array $list): int
    {
        $at = array_search($value, $list, true);
        return $at === false ? 0 : $at + 1;
    }

    private static function matches(string $pattern, string $text): int
    {
        return (int) preg_match('~' . str_replace('~', '\~', $pattern) . '~iu', $text);
    }

    private static function pad(string $text, int $length, string $with, int $side): string
    {
        return $with === '' ? '' : str_pad(substr($text, 0, $length), $length, $with, $side);
    }

    private static function locate(string $needle, string $text): int
    {
        $at = mb_stripos($text, $needle);
        return $at === false ? 0 : $at + 1;
    }

    private static function uuid(): string
    {
        $bytes = random_bytes(16);
        $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
        $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
        return implode('-', sscanf(bin2hex($bytes), '%8s%4s%4s%4s%12s'));
    }

    private static function seconds(mixed $value): ?int
    {
        $time = $value === null ? false : strtotime((string) $value);
        return $time === false ? null : $time;
    }

    private static function days(mixed $value): ?int
    {
        $time = $value === null ? false : strtotime(substr((string) $value, 0, 10) . ' UTC');
        return $time === false ? null : intdiv($time, 86400);
    }

    private static function part(mixed $value, string $letter): ?int
    {
        $time = self::seconds($value);
        return $time === null ? null : (int) date($letter, $time);
    }

    private static function shift(mixed $value, int $amount, string $unit): ?string
    {
        $time = $value === null ? false : strtotime((string) $value);
        if ($time === false) {
            return null;
        }
        $clock = in_array($unit, ['second', 'minute', 'hour'], true) || strlen((string) $value) > 10;
        $shifted = strtotime(sprintf('%+d %s', $amount, $unit), $time);
        return $shifted === false ? null : date($clock ? 'Y-m-d H:i:s' : 'Y-m-d', $shifted);
    }

    private static function substringIndex(string $value, string $delimiter, int $count): string
    {
        if ($delimiter === '' || $count === 0) {
            return '';
        }
        $parts = explode($delimiter, $value);
        $kept = $count > 0 ? array_slice($parts, 0, $count) : array_slice($parts, $count);
        return implode($delimiter, $kept);
    }
}
