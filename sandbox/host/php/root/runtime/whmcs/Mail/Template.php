<?php

namespace WHMCS\Mail;

use WHMCS\Model\AbstractModel;

class Template extends AbstractModel
{
    protected $table = 'tblemailtemplates';
    protected $columnMap = [
        'isDisabled' => 'disabled',
        'isCustom' => 'custom',
    ];
}
