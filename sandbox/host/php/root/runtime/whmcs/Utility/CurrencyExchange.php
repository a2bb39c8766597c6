<?php

namespace WHMCS\Utility;

class CurrencyExchange
{
    public static function fetchCurrentRates()
    {
        return array_column(\SandboxHost\Database::rows('SELECT code, rate FROM tblcurrencies'), 'rate', 'code');
    }
}
