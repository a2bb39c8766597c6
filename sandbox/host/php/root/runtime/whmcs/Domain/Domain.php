<?php

namespace WHMCS\Domain;

use WHMCS\Model\AbstractModel;

class Domain extends AbstractModel
{
    public const PENDING = 'Pending';
    public const PENDING_REGISTRATION = 'Pending Registration';
    public const PENDING_TRANSFER = 'Pending Transfer';
    public const ACTIVE = 'Active';
    public const GRACE = 'Grace';
    public const REDEMPTION = 'Redemption';
    public const EXPIRED = 'Expired';
    public const TRANSFERRED_AWAY = 'Transferred Away';
    public const CANCELLED = 'Cancelled';
    public const FRAUD = 'Fraud';

    protected $table = 'tbldomains';
    protected $columnMap = [
        'clientId' => 'userid',
        'registrationDate' => 'registrationdate',
        'registrarModuleName' => 'registrar',
        'registrationPeriod' => 'registrationperiod',
        'expiryDate' => 'expirydate',
        'recurringAmount' => 'recurringamount',
        'firstPaymentAmount' => 'firstpaymentamount',
        'paymentGateway' => 'paymentmethod',
        'hasDnsManagement' => 'dnsmanagement',
        'hasEmailForwarding' => 'emailforwarding',
        'hasIdProtection' => 'idprotection',
        'isPremium' => 'is_premium',
        'hasAutoInvoiceOnNextDueDisabled' => 'donotrenew',
        'nextDueDate' => 'nextduedate',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'userid');
    }

    public function order()
    {
        return $this->belongsTo(\WHMCS\Order\Order::class, 'orderid');
    }

    public function extra()
    {
        return $this->hasMany(\WHMCS\Domain\Extra::class, 'domain_id');
    }

    public function additionalFields()
    {
        return $this->hasMany(\WHMCS\Domain\AdditionalField::class, 'domainid');
    }

    public function getTldAttribute()
    {
        return (new \WHMCS\Domains\Domain((string) ($this->attributes['domain'] ?? '')))->getTopLevel();
    }

    public function getSldAttribute()
    {
        return (new \WHMCS\Domains\Domain((string) ($this->attributes['domain'] ?? '')))->getSecondLevel();
    }

    public function scopeOfClient($query, $clientId)
    {
        return $query->where('userid', $clientId);
    }
}
