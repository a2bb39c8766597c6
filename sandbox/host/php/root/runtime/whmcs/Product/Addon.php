<?php

namespace WHMCS\Product;

use WHMCS\Model\AbstractModel;

class Addon extends AbstractModel
{
    protected $table = 'tbladdons';
    protected $columnMap = [
        'serverGroupId' => 'server_group_id',
    ];
}
