<?php

namespace WHMCS\Billing\Payment;

use WHMCS\Model\AbstractModel;

class Transaction extends AbstractModel
{
    protected $table = 'tblaccounts';
    protected $columnMap = [
        'clientId' => 'userid',
        'currencyId' => 'currency',
        'transactionId' => 'transid',
        'invoiceId' => 'invoiceid',
        'amountIn' => 'amountin',
        'amountOut' => 'amountout',
        'exchangeRate' => 'rate',
        'refundId' => 'refundid',
        'paymentGateway' => 'gateway',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'userid');
    }

    public function invoice()
    {
        return $this->belongsTo(\WHMCS\Billing\Invoice::class, 'invoiceid');
    }
}
