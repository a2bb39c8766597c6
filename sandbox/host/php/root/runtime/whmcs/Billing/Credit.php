<?php

namespace WHMCS\Billing;

use WHMCS\Model\AbstractModel;

class Credit extends AbstractModel
{
    protected $table = 'tblcredit';
    protected $columnMap = [
        'clientId' => 'clientid',
        'relatedEntityId' => 'relid',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'clientid');
    }
}
