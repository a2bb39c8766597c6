<?php

namespace WHMCS\Module;

use WHMCS\Model\AbstractModel;

class GatewaySetting extends AbstractModel
{
    protected $table = 'tblpaymentgateways';

    public static function getValue($gateway, $setting)
    {
        $value = static::where('gateway', $gateway)->where('setting', $setting)->value('value');
        return \SandboxHost\Crypt::openOrKeep($value);
    }

    public static function setValue($gateway, $setting, $value)
    {
        return static::updateOrInsert(['gateway' => $gateway, 'setting' => $setting], ['value' => $value]);
    }

    public static function getForGateway($gateway)
    {
        $rows = static::where('gateway', $gateway)->pluck('value', 'setting')->all();
        return array_map([\SandboxHost\Crypt::class, 'openOrKeep'], $rows);
    }
}
