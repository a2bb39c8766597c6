<?php

namespace WHMCS\Product;

use WHMCS\Model\AbstractModel;

class Group extends AbstractModel
{
    protected $table = 'tblproductgroups';
    protected $columnMap = [
        'orderFormTemplate' => 'orderfrmtpl',
        'isHidden' => 'hidden',
        'displayOrder' => 'order',
    ];

    public function products()
    {
        return $this->hasMany(\WHMCS\Product\Product::class, 'gid');
    }
}
