<?php

namespace WHMCS\Service;

use WHMCS\Model\AbstractModel;

/** A client's product. Also an array, as all models: `$model["orderid"]`. */
class Service extends AbstractModel
{
    public const STATUS_PENDING = 'Pending';
    public const STATUS_ACTIVE = 'Active';
    public const STATUS_SUSPENDED = 'Suspended';
    public const STATUS_TERMINATED = 'Terminated';
    public const STATUS_CANCELLED = 'Cancelled';
    public const STATUS_FRAUD = 'Fraud';
    public const STATUS_COMPLETED = 'Completed';

    protected $table = 'tblhosting';
    protected $columnMap = [
        'clientId' => 'userid',
        'productId' => 'packageid',
        'serverId' => 'server',
        'registrationDate' => 'regdate',
        'paymentGateway' => 'paymentmethod',
        'recurringAmount' => 'amount',
        'recurringFee' => 'amount',
        'status' => 'domainstatus',
        'terminationDate' => 'termination_date',
        'subscriptionId' => 'subscriptionid',
        'promotionId' => 'promoid',
        'suspendReason' => 'suspendreason',
        'overrideAutoSuspend' => 'overideautosuspend',
        'overrideSuspendUntilDate' => 'overidesuspenduntil',
        'lastUpdateDate' => 'lastupdate',
    ];

    public function client()
    {
        return $this->belongsTo(\WHMCS\User\Client::class, 'userid');
    }

    public function product()
    {
        return $this->belongsTo(\WHMCS\Product\Product::class, 'packageid');
    }

    public function order()
    {
        return $this->belongsTo(\WHMCS\Order\Order::class, 'orderid');
    }

    public function serverModel()
    {
        return $this->belongsTo(\WHMCS\Product\Server::class, 'server');
    }

    public function addons()
    {
        return $this->hasMany(\WHMCS\Service\Addon::class, 'hostingid');
    }

    public function customFieldValues()
    {
        return $this->hasMany(\WHMCS\CustomField\CustomFieldValue::class, 'relid')->whereIn(
            'fieldid',
            \WHMCS\CustomField::where('type', 'product')->where('relid', $this->attributes['packageid'] ?? 0)->pluck('id')->all()
        );
    }

    public function getServicePropertiesAttribute()
    {
        return Properties::of($this);
    }

    public function isService()
    {
        return true;
    }

    public function isAddon()
    {
        return false;
    }

    /** The commands of the module, run by the host. */
    public function legacyProvision()
    {
        return ServerCreateAccount($this->getKey());
    }
}
