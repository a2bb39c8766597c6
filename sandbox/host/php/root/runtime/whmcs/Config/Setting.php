<?php

namespace WHMCS\Config;

use WHMCS\Model\AbstractModel;

class Setting extends AbstractModel
{
    protected $table = 'tblconfiguration';
    protected $primaryKey = 'setting';
    protected $keyType = 'string';
    public $incrementing = false;

    public static function getValue($name)
    {
        return \SandboxHost\Settings::get((string) $name);
    }

    public static function setValue($name, $value)
    {
        \SandboxHost\Settings::set((string) $name, $value);
        return true;
    }

    public static function allAsArray()
    {
        return \SandboxHost\Settings::all();
    }
}
