<?php

namespace WHMCS;

class Cookie
{
    public static function get($name, $asArray = false)
    {
        $value = $_COOKIE['WHMCS' . $name] ?? '';
        return $asArray ? (array) json_decode((string) base64_decode($value), true) : $value;
    }

    public static function set($name, $value, $expires = 0, $secure = null)
    {
        $value = is_array($value) ? base64_encode(json_encode($value)) : (string) $value;
        return setcookie('WHMCS' . $name, $value, ['expires' => is_int($expires) ? $expires : strtotime($expires), 'path' => '/']);
    }

    public static function delete($name)
    {
        return setcookie('WHMCS' . $name, '', ['expires' => 1, 'path' => '/']);
    }
}
