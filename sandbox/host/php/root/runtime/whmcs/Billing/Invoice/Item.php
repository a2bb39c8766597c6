<?php

namespace WHMCS\Billing\Invoice;

use WHMCS\Model\AbstractModel;

class Item extends AbstractModel
{
    protected $table = 'tblinvoiceitems';
    protected $columnMap = [
        'invoiceId' => 'invoiceid',
        'clientId' => 'userid',
        'relatedEntityId' => 'relid',
    ];

    public function invoice()
    {
        return $this->belongsTo(\WHMCS\Billing\Invoice::class, 'invoiceid');
    }
}
