<?php

namespace WHMCS\Product;

use WHMCS\Model\AbstractModel;

class Product extends AbstractModel
{
    protected $table = 'tblproducts';
    protected $columnMap = [
        'productGroupId' => 'gid',
        'module' => 'servertype',
        'serverGroupId' => 'servergroup',
        'isHidden' => 'hidden',
        'paymentType' => 'paytype',
        'autoSetup' => 'autosetup',
        'stockControlEnabled' => 'stockcontrol',
        'quantityInStock' => 'qty',
        'moduleConfigOption1' => 'configoption1',
        'displayOrder' => 'order',
        'showDomainOptions' => 'showdomainoptions',
    ];

    public function productGroup()
    {
        return $this->belongsTo(\WHMCS\Product\Group::class, 'gid');
    }

    public function services()
    {
        return $this->hasMany(\WHMCS\Service\Service::class, 'packageid');
    }

    public function customFields()
    {
        return $this->hasMany(\WHMCS\CustomField::class, 'relid')->where('type', 'product');
    }

    public function pricing($currency = null)
    {
        return $this->hasMany(\WHMCS\Billing\Pricing::class, 'relid')->where('type', 'product');
    }

    public static function getProductName($id, $fallback = '', $language = null)
    {
        return static::where('id', $id)->value('name') ?? $fallback;
    }
}
