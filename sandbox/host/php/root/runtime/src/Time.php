<?php

declare(strict_types=1);

namespace SandboxHost;

use DateTimeImmutable;
use DateTimeZone;

/**
 * The host's time, which may be ahead of the machine's. php-fpm is started without PHP's own functions of time, and
 * runtime/time.php puts these in their place; what asks the system by other ways (`new DateTime`) sees the machine's.
 */
final class Time
{
    /** Milliseconds. */
    public static int $ahead = 0;

    public static function now(): DateTimeImmutable
    {
        $now = (new DateTimeImmutable())->setTimezone(self::zone());
        return self::$ahead === 0 ? $now : $now->modify(sprintf('%+d milliseconds', self::$ahead));
    }

    public static function seconds(): int
    {
        return self::now()->getTimestamp();
    }

    public static function at(?int $timestamp): DateTimeImmutable
    {
        return $timestamp === null ? self::now() : (new DateTimeImmutable('@' . $timestamp))->setTimezone(self::zone());
    }

    /** What a text means, told from a moment; null when it means nothing. */
    public static function read(string $text, ?int $base = null): ?DateTimeImmutable
    {
        $parsed = date_parse($text);
        if ($parsed['error_count'] > 0 || trim($text) === '') {
            return null;
        }
        $dated = $parsed['year'] !== false || $parsed['month'] !== false;
        if ($parsed['year'] !== false) {
            // Says its day itself, and its zone where it has one.
            return new DateTimeImmutable($text, self::zone());
        }
        $start = self::at($base);
        if ($dated && $parsed['hour'] === false) {
            $start = $start->setTime(0, 0);
        }
        if (($parsed['is_localtime'] ?? false) === true) {
            $start = $start->setTimezone((new DateTimeImmutable($text))->getTimezone());
        }
        $read = @$start->modify($text);
        return $read === false ? null : $read;
    }

    /** @param list<int|null> $parts hour, minute, second, month, day, year; null: as now */
    public static function make(array $parts, DateTimeZone $zone): int
    {
        $now = self::now()->setTimezone($zone);
        [$hour, $minute, $second, $month, $day, $year] = array_map(
            static fn (?int $part, string $letter): int => $part ?? (int) $now->format($letter),
            $parts,
            ['G', 'i', 's', 'n', 'j', 'Y']
        );
        if ($year >= 0 && $year <= 100) {
            $year += $year < 70 ? 2000 : 1900;
        }
        return $now->setDate($year, $month, $day)->setTime($hour, $minute, $second)->getTimestamp();
    }

    /** For Carbon, once it is loaded. */
    public static function tellCarbon(): void
    {
        if (self::$ahead !== 0) {
            $later = static fn ($real) => $real->addMilliseconds(self::$ahead);
            foreach ([\Carbon\Carbon::class, \Carbon\CarbonImmutable::class] as $class) {
                self::load($class);
                $class::setTestNow($later);
            }
        }
    }

    /** By the loaders themselves: PHP does not ask for a class again while it is being asked for. */
    private static function load(string $class): void
    {
        foreach (spl_autoload_functions() as $loader) {
            if (class_exists($class, false)) {
                return;
            }
            $loader($class);
        }
    }

    public static function zone(): DateTimeZone
    {
        return new DateTimeZone(date_default_timezone_get());
    }
}
