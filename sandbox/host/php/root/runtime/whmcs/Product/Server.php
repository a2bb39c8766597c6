<?php

namespace WHMCS\Product;

use WHMCS\Model\AbstractModel;

class Server extends AbstractModel
{
    protected $table = 'tblservers';
    protected $columnMap = [
        'ipAddress' => 'ipaddress',
        'accessHash' => 'accesshash',
        'module' => 'type',
    ];

    public function services()
    {
        return $this->hasMany(\WHMCS\Service\Service::class, 'server');
    }
}
