<?php

// Static doors to the objects that a page has one of.

namespace WHMCS\Application\Support\Facades;

abstract class Facade
{
    abstract protected static function instance();

    public static function __callStatic($method, $arguments)
    {
        return static::instance()->$method(...$arguments);
    }
}

class App extends Facade
{
    protected static function instance()
    {
        return $GLOBALS['whmcs'];
    }

    public static function self()
    {
        return $GLOBALS['whmcs'];
    }

    public static function isFreshInstall()
    {
        return false;
    }
}

class Lang extends Facade
{
    protected static function instance()
    {
        return new \WHMCS\Language\ClientLanguage(\SandboxHost\Host::language());
    }
}

class AdminLang extends Lang
{
}

class Auth extends Facade
{
    protected static function instance()
    {
        return new \WHMCS\Authentication\CurrentUser();
    }

    public static function client()
    {
        return static::instance()->client();
    }

    public static function user()
    {
        return static::instance()->user();
    }
}

class Menu
{
    private static $held = [];
    private static $context = [];

    public static function hold($point, \WHMCS\View\Menu\Item $menu)
    {
        self::$held[$point] = $menu;
    }

    public static function addContext($key, $value = null)
    {
        self::$context[$key] = $value;
    }

    public static function context($key)
    {
        return self::$context[$key] ?? null;
    }

    public static function primarySidebar($name = '')
    {
        return self::item('ClientAreaPrimarySidebar');
    }

    public static function secondarySidebar($name = '')
    {
        return self::item('ClientAreaSecondarySidebar');
    }

    public static function primaryNavbar($firstName = '')
    {
        return self::item('ClientAreaPrimaryNavbar');
    }

    public static function secondaryNavbar($firstName = '')
    {
        return self::item('ClientAreaSecondaryNavbar');
    }

    private static function item($point)
    {
        return self::$held[$point] = self::$held[$point] ?? new \WHMCS\View\Menu\Item($point);
    }
}

class Di
{
    public static function make($name)
    {
        if ($name === 'app' || $name === 'config') {
            return $GLOBALS['whmcs'];
        }
        if ($name === 'db' || $name === 'capsule') {
            return \WHMCS\Database\Capsule::getInstance();
        }
        throw new \RuntimeException("This host has no service named \"$name\"");
    }
}
