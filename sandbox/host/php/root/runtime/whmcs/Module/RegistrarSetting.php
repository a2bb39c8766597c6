<?php

namespace WHMCS\Module;

use WHMCS\Model\AbstractModel;

class RegistrarSetting extends AbstractModel
{
    protected $table = 'tblregistrars';

    public static function getForRegistrar($registrar)
    {
        return getRegistrarConfigOptions($registrar);
    }
}
