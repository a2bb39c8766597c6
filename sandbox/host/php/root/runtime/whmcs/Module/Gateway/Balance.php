<?php

namespace WHMCS\Module\Gateway;

class Balance implements \JsonSerializable
{
    protected $amount;
    protected $currencyCode;
    protected $label;
    protected $color;

    public static function factory($amount, $currencyCode, $label = 'status.available', $color = '')
    {
        $balance = new static();
        $balance->amount = (float) $amount;
        $balance->currencyCode = (string) $currencyCode;
        $balance->label = (string) $label;
        $balance->color = (string) $color;
        return $balance;
    }

    public function getAmount()
    {
        return $this->amount;
    }

    public function getCurrencyCode()
    {
        return $this->currencyCode;
    }

    public function getLabel()
    {
        return $this->label;
    }

    public function jsonSerialize(): array
    {
        return get_object_vars($this);
    }
}
