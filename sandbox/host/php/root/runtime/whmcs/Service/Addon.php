<?php

namespace WHMCS\Service;

use WHMCS\Model\AbstractModel;

class Addon extends AbstractModel
{
    protected $table = 'tblhostingaddons';
    protected $columnMap = [
        'clientId' => 'userid',
        'serviceId' => 'hostingid',
        'productAddonId' => 'addonid',
        'registrationDate' => 'regdate',
        'serverId' => 'server',
        'paymentGateway' => 'paymentmethod',
        'recurringFee' => 'recurring',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'userid');
    }

    public function service()
    {
        return $this->belongsTo(\WHMCS\Service\Service::class, 'hostingid');
    }

    public function productAddon()
    {
        return $this->belongsTo(\WHMCS\Product\Addon::class, 'addonid');
    }

    public function order()
    {
        return $this->belongsTo(\WHMCS\Order\Order::class, 'orderid');
    }

    public function customFieldValues()
    {
        return $this->hasMany(\WHMCS\CustomField\CustomFieldValue::class, 'relid')->whereIn(
            'fieldid',
            \WHMCS\CustomField::where('type', 'addon')->where('relid', $this->attributes['addonid'] ?? 0)->pluck('id')->all()
        );
    }

    public function getServicePropertiesAttribute()
    {
        return Properties::of($this);
    }

    public function isService()
    {
        return false;
    }

    public function isAddon()
    {
        return true;
    }
}
