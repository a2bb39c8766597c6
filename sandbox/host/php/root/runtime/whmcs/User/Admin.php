<?php

namespace WHMCS\User;

use WHMCS\Model\AbstractModel;

class Admin extends AbstractModel
{
    protected $table = 'tbladmins';
    protected $columnMap = [
        'roleId' => 'roleid',
        'firstName' => 'firstname',
        'lastName' => 'lastname',
    ];

    public function getFullNameAttribute()
    {
        return trim(($this->attributes['firstname'] ?? '') . ' ' . ($this->attributes['lastname'] ?? ''));
    }

    public static function getAuthenticatedUser()
    {
        return static::find((int) ($_SESSION['adminid'] ?? 0));
    }

    public function hasPermission($permission)
    {
        return true;
    }
}
