<?php

function getTodaysDate($client = false)
{
    return fromMySQLDate(date('Y-m-d'), false, $client);
}

function fromMySQLDate($date, $time = false, $client = false, $zerodate = false)
{
    $date = (string) $date;
    if ($date === '' || strncmp($date, '0000-00-00', 10) === 0) {
        return $zerodate ?: '';
    }
    $stamp = strtotime($date);
    $format = strtr((string) (\SandboxHost\Settings::get('DateFormat') ?: 'DD/MM/YYYY'), ['DD' => 'd', 'MM' => 'm', 'YYYY' => 'Y']);
    return $stamp === false ? $date : date($format . ($time ? ' H:i' : ''), $stamp);
}

function toMySQLDate($date)
{
    $date = trim((string) $date);
    if ($date === '' || preg_match('/^\d{4}-\d{2}-\d{2}/', $date)) {
        return $date;
    }
    $names = preg_split('/[^A-Z]+/', (string) (\SandboxHost\Settings::get('DateFormat') ?: 'DD/MM/YYYY'));
    $numbers = preg_split('/\D+/', $date);
    $map = array_combine(array_slice($names, 0, 3), array_pad(array_slice($numbers, 0, 3), 3, '0'));
    $day = sprintf('%04d-%02d-%02d', $map['YYYY'] ?? 0, $map['MM'] ?? 0, $map['DD'] ?? 0);
    return count($numbers) > 4 ? sprintf('%s %02d:%02d:%02d', $day, $numbers[3], $numbers[4], $numbers[5] ?? 0) : $day;
}
