<?php

namespace WHMCS\User\Client;

use WHMCS\Model\AbstractModel;

class Contact extends AbstractModel
{
    protected $table = 'tblcontacts';
    protected $columnMap = [
        'clientId' => 'userid',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'userid');
    }
}
