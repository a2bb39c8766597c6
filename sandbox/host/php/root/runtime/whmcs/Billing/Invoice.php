<?php

namespace WHMCS\Billing;

use WHMCS\Model\AbstractModel;

class Invoice extends AbstractModel
{
    public const STATUS_DRAFT = 'Draft';
    public const STATUS_UNPAID = 'Unpaid';
    public const STATUS_PAID = 'Paid';
    public const STATUS_CANCELLED = 'Cancelled';
    public const STATUS_REFUNDED = 'Refunded';
    public const STATUS_COLLECTIONS = 'Collections';
    public const STATUS_PAYMENT_PENDING = 'Payment Pending';

    protected $table = 'tblinvoices';
    protected $columnMap = [
        'clientId' => 'userid',
        'invoiceNumber' => 'invoicenum',
        'dateCreated' => 'date',
        'dateDue' => 'duedate',
        'datePaid' => 'datepaid',
        'tax1' => 'tax',
        'taxRate1' => 'taxrate',
        'taxRate2' => 'taxrate2',
        'paymentGateway' => 'paymentmethod',
        'adminNotes' => 'notes',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'userid');
    }

    public function items()
    {
        return $this->hasMany(\WHMCS\Billing\Invoice\Item::class, 'invoiceid');
    }

    public function transactions()
    {
        return $this->hasMany(\WHMCS\Billing\Payment\Transaction::class, 'invoiceid');
    }

    public function order()
    {
        return $this->hasOne(\WHMCS\Order\Order::class, 'invoiceid');
    }

    public function lineItems()
    {
        return $this->items();
    }

    public function getBalanceAttribute()
    {
        $paid = $this->transactions()->sum('amountin') - $this->transactions()->sum('amountout');
        return round((float) ($this->attributes['total'] ?? 0) - (float) $paid, 2);
    }

    public function getInvoiceNumber()
    {
        return ($this->attributes['invoicenum'] ?? '') ?: $this->getKey();
    }

    public function addPayment($amount, $transactionId = '', $fees = 0, $gateway = '', $noEmail = false, $date = null)
    {
        return addInvoicePayment($this->getKey(), $transactionId, $amount, $fees, $gateway ?: $this->paymentmethod, $noEmail, $date);
    }
}
