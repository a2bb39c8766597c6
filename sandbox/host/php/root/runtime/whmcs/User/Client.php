<?php

namespace WHMCS\User;

use WHMCS\Model\AbstractModel;

class Client extends AbstractModel
{
    public const STATUS_ACTIVE = 'Active';
    public const STATUS_INACTIVE = 'Inactive';
    public const STATUS_CLOSED = 'Closed';

    protected $table = 'tblclients';
    protected $columnMap = [
        'currencyId' => 'currency',
        'clientGroupId' => 'groupid',
        'passwordHash' => 'password',
        'dateCreated' => 'datecreated',
        'address' => 'address1',
        'defaultPaymentGateway' => 'defaultgateway',
        'lastLoginDate' => 'lastlogin',
        'lastLoginIp' => 'ip',
    ];

    public function domains()
    {
        return $this->hasMany(\WHMCS\Domain\Domain::class, 'userid');
    }

    public function services()
    {
        return $this->hasMany(\WHMCS\Service\Service::class, 'userid');
    }

    public function invoices()
    {
        return $this->hasMany(\WHMCS\Billing\Invoice::class, 'userid');
    }

    public function contacts()
    {
        return $this->hasMany(\WHMCS\User\Client\Contact::class, 'userid');
    }

    public function orders()
    {
        return $this->hasMany(\WHMCS\Order\Order::class, 'userid');
    }

    public function transactions()
    {
        return $this->hasMany(\WHMCS\Billing\Payment\Transaction::class, 'userid');
    }

    public function currencyrel()
    {
        return $this->belongsTo(\WHMCS\Billing\Currency::class, 'currency');
    }

    public function users()
    {
        return $this->belongsToMany(User::class, 'tblusers_clients', 'client_id', 'auth_user_id')->withPivot('owner');
    }

    public function customFieldValues()
    {
        return $this->hasMany(\WHMCS\CustomField\CustomFieldValue::class, 'relid')
            ->whereIn('fieldid', \WHMCS\CustomField::where('type', 'client')->pluck('id')->all());
    }

    public function getOwnerAttribute()
    {
        return $this->owner();
    }

    public function owner()
    {
        return $this->users()->wherePivot('owner', 1)->first();
    }

    public function getFullNameAttribute()
    {
        return trim(($this->attributes['firstname'] ?? '') . ' ' . ($this->attributes['lastname'] ?? ''));
    }

    public function getUsernameAttribute()
    {
        return $this->attributes['email'] ?? '';
    }

    public function getCountryNameAttribute()
    {
        $code = (string) ($this->attributes['country'] ?? '');
        return $code === '' ? '' : (string) \Locale::getDisplayRegion('-' . $code, 'en');
    }

    public function getCurrencyCodeAttribute()
    {
        return (string) (getCurrency($this->getKey())['code'] ?? '');
    }

    public static function loggedIn()
    {
        return static::where('id', (int) ($_SESSION['uid'] ?? 0));
    }
}
