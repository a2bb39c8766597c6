<?php

use SandboxHost\Database;

function getCurrency($userId = 0, $currencyId = 0)
{
    $id = (int) $currencyId;
    if ($id === 0 && $userId) {
        $id = (int) Database::value('SELECT currency FROM tblclients WHERE id = ?', [(int) $userId]);
    }
    $row = $id > 0 ? Database::row('SELECT * FROM tblcurrencies WHERE id = ?', [$id]) : null;
    $row = $row ?? Database::row('SELECT * FROM tblcurrencies ORDER BY "default" DESC, id LIMIT 1');
    $row = $row ?? ['id' => 1, 'code' => 'USD', 'prefix' => '$', 'suffix' => '', 'format' => 1, 'rate' => 1, 'default' => 1];
    $GLOBALS['currency'] = $row;
    return $row;
}

/** Rates tell how much one unit of the default currency is worth. */
function convertCurrency($amount, $from, $to, $baseCurrencyExchangeRate = '')
{
    $rate = static fn ($id): float => (float) (Database::value('SELECT rate FROM tblcurrencies WHERE id = ?', [(int) $id]) ?: 1);
    $base = (float) $baseCurrencyExchangeRate ?: $rate($from);
    return format_as_currency((float) $amount / $base * $rate($to));
}

function formatCurrency($amount, $currencyId = 0)
{
    $currency = $currencyId || empty($GLOBALS['currency'])
        ? getCurrency(0, $currencyId)
        : (array) $GLOBALS['currency'];
    return new \WHMCS\View\Formatter\Price($amount, $currency);
}

function format_as_currency($amount)
{
    return number_format((float) $amount, 2, '.', '');
}
