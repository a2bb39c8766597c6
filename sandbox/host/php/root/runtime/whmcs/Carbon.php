<?php

namespace WHMCS;

/** Carbon with the formats that the installation's settings name. */
class Carbon extends \Carbon\Carbon
{
    public function toAdminDateFormat()
    {
        return fromMySQLDate($this->format('Y-m-d'));
    }

    public function toAdminDateTimeFormat()
    {
        return fromMySQLDate($this->format('Y-m-d H:i:s'), true);
    }

    public function toClientDateFormat()
    {
        return fromMySQLDate($this->format('Y-m-d'), false, true);
    }

    public function toClientDateTimeFormat()
    {
        return fromMySQLDate($this->format('Y-m-d H:i:s'), true, true);
    }

    public static function fromAdminDateFormat($date)
    {
        return static::parse(toMySQLDate($date));
    }

    public static function fromCreditCard($expiry)
    {
        $digits = preg_replace('/\D/', '', (string) $expiry);
        return static::createFromFormat('!my', substr($digits, 0, 2) . substr($digits, -2))->endOfMonth();
    }

    public static function safeCreateFromMySqlDate($date)
    {
        return static::parse($date);
    }

    public static function isValidMySqlDate($date)
    {
        return (bool) preg_match('/^(?!0000)\d{4}-\d{2}-\d{2}/', (string) $date);
    }
}
