<?php

namespace WHMCS\User;

use WHMCS\Model\AbstractModel;

class User extends AbstractModel
{
    protected $table = 'tblusers';
    protected $columnMap = [
        'firstName' => 'first_name',
        'lastName' => 'last_name',
        'lastLoginDate' => 'last_login',
        'lastIp' => 'last_ip',
    ];

    public function clients()
    {
        return $this->belongsToMany(Client::class, 'tblusers_clients', 'auth_user_id', 'client_id')->withPivot('owner');
    }

    public function getFullNameAttribute()
    {
        return trim(($this->attributes['first_name'] ?? '') . ' ' . ($this->attributes['last_name'] ?? ''));
    }

    public function isOwner(Client $client)
    {
        return (bool) $this->clients()->wherePivot('owner', 1)->where('tblclients.id', $client->getKey())->count();
    }
}
