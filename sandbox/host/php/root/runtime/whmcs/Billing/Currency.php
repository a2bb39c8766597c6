<?php

namespace WHMCS\Billing;

use WHMCS\Model\AbstractModel;

class Currency extends AbstractModel
{
    protected $table = 'tblcurrencies';

    public static function defaultCurrency()
    {
        return static::where('default', 1);
    }

    public static function factoryForClientArea()
    {
        return static::find(getCurrency($_SESSION['uid'] ?? 0)['id']);
    }

    public function convertTo($amount, self $currency)
    {
        return convertCurrency($amount, $this->getKey(), $currency->getKey());
    }
}
