<?php

// PHP's functions of time, by the host's clock. Loaded only where php-fpm was told to leave PHP's own out.

use SandboxHost\Time;

function time(): int
{
    return Time::seconds();
}

function microtime(bool $as_float = false): string|float
{
    $now = Time::now();
    return $as_float ? (float) $now->format('U.u') : $now->format('0.u00 U');
}

function date(string $format, ?int $timestamp = null): string
{
    return Time::at($timestamp)->format($format);
}

function gmdate(string $format, ?int $timestamp = null): string
{
    return Time::at($timestamp)->setTimezone(new DateTimeZone('UTC'))->format($format);
}

function idate(string $format, ?int $timestamp = null): int|false
{
    return (int) Time::at($timestamp)->format($format);
}

function strtotime(string $datetime, ?int $baseTimestamp = null): int|false
{
    $read = Time::read($datetime, $baseTimestamp);
    return $read === null ? false : $read->getTimestamp();
}

function mktime(int $hour, ?int $minute = null, ?int $second = null, ?int $month = null, ?int $day = null, ?int $year = null): int|false
{
    return Time::make([$hour, $minute, $second, $month, $day, $year], Time::zone());
}

function gmmktime(int $hour, ?int $minute = null, ?int $second = null, ?int $month = null, ?int $day = null, ?int $year = null): int|false
{
    return Time::make([$hour, $minute, $second, $month, $day, $year], new DateTimeZone('UTC'));
}

function getdate(?int $timestamp = null): array
{
    $at = Time::at($timestamp);
    $names = ['seconds' => 's', 'minutes' => 'i', 'hours' => 'G', 'mday' => 'j', 'wday' => 'w', 'mon' => 'n', 'year' => 'Y', 'yday' => 'z'];
    $parts = array_map(static fn (string $letter): int => (int) $at->format($letter), $names);
    return $parts + ['weekday' => $at->format('l'), 'month' => $at->format('F'), 0 => $at->getTimestamp()];
}

function localtime(?int $timestamp = null, bool $associative = false): array
{
    $at = Time::at($timestamp);
    $names = ['tm_sec' => 's', 'tm_min' => 'i', 'tm_hour' => 'G', 'tm_mday' => 'j', 'tm_mon' => 'n', 'tm_year' => 'Y', 'tm_wday' => 'w', 'tm_yday' => 'z', 'tm_isdst' => 'I'];
    $parts = array_map(static fn (string $letter): int => (int) $at->format($letter), $names);
    $parts['tm_mon'] -= 1;
    $parts['tm_year'] -= 1900;
    return $associative ? $parts : array_values($parts);
}

function date_create(string $datetime = 'now', ?DateTimeZone $timezone = null): DateTime|false
{
    $read = date_create_immutable($datetime, $timezone);
    return $read === false ? false : DateTime::createFromImmutable($read);
}

function date_create_immutable(string $datetime = 'now', ?DateTimeZone $timezone = null): DateTimeImmutable|false
{
    $read = $datetime === '' ? Time::now() : Time::read($datetime);
    if ($read === null) {
        return false;
    }
    return $timezone === null ? $read : $read->setTimezone($timezone);
}
