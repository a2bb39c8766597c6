<?php

namespace WHMCS\Module\Addon;

use WHMCS\Model\AbstractModel;

class Setting extends AbstractModel
{
    protected $table = 'tbladdonmodules';

    public function scopeModule($query, $module)
    {
        return $query->where('module', $module);
    }

    public static function factoryFromModule($module)
    {
        return static::where('module', $module)->pluck('value', 'setting')->all();
    }
}
