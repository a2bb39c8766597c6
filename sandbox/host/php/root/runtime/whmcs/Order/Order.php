<?php

namespace WHMCS\Order;

use WHMCS\Model\AbstractModel;

class Order extends AbstractModel
{
    protected $table = 'tblorders';
    protected $columnMap = [
        'clientId' => 'userid',
        'orderNumber' => 'ordernum',
        'invoiceId' => 'invoiceid',
        'paymentMethod' => 'paymentmethod',
        'ipAddress' => 'ipaddress',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'userid');
    }

    public function invoice()
    {
        return $this->belongsTo(\WHMCS\Billing\Invoice::class, 'invoiceid');
    }

    public function services()
    {
        return $this->hasMany(\WHMCS\Service\Service::class, 'orderid');
    }

    public function domains()
    {
        return $this->hasMany(\WHMCS\Domain\Domain::class, 'orderid');
    }

    public function addons()
    {
        return $this->hasMany(\WHMCS\Service\Addon::class, 'orderid');
    }
}
