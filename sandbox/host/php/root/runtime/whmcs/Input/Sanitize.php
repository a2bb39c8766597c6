<?php

namespace WHMCS\Input;

class Sanitize
{
    public static function encode($value)
    {
        return self::each($value, static fn ($text) => htmlspecialchars($text, ENT_QUOTES, 'UTF-8'));
    }

    public static function decode($value)
    {
        return self::each($value, static fn ($text) => html_entity_decode($text, ENT_QUOTES, 'UTF-8'));
    }

    public static function makeSafeForOutput($value)
    {
        return self::encode(self::decode($value));
    }

    public static function encodeToCompatHTML($value)
    {
        return self::encode($value);
    }

    public static function convertToCompatHtml($value)
    {
        return self::encode(self::decode($value));
    }

    public static function cleanUrl($url)
    {
        return preg_match('#^(?:https?:)?/#i', (string) $url) ? self::encode($url) : '';
    }

    public static function escapeSingleQuotedString($text)
    {
        return addcslashes((string) $text, "\\'");
    }

    private static function each($value, callable $change)
    {
        if (is_array($value)) {
            return array_map(static fn ($item) => self::each($item, $change), $value);
        }
        return is_string($value) ? $change($value) : $value;
    }
}
