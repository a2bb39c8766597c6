<?php

namespace WHMCS\Billing\Payment\Transaction;

/** What a gateway tells about one of its transactions. */
class Information implements \JsonSerializable
{
    protected $transactionId;
    protected $amount;
    protected $currency;
    protected $type;
    protected $availableOn;
    protected $created;
    protected $description;
    protected $fee;
    protected $status;
    protected $exchangeRate;
    protected $merchantAmount;
    protected $merchantCurrency;
    protected $additionalData = [];

    public function setTransactionId($transactionId)
    {
        $this->transactionId = $transactionId;
        return $this;
    }

    public function getTransactionId()
    {
        return $this->transactionId;
    }

    public function setAmount($amount)
    {
        $this->amount = $amount;
        return $this;
    }

    public function getAmount()
    {
        return $this->amount;
    }

    public function setCurrency($currency)
    {
        $this->currency = $currency;
        return $this;
    }

    public function getCurrency()
    {
        return $this->currency;
    }

    public function setType($type)
    {
        $this->type = $type;
        return $this;
    }

    public function getType()
    {
        return $this->type;
    }

    public function setAvailableOn($availableOn)
    {
        $this->availableOn = $availableOn;
        return $this;
    }

    public function getAvailableOn()
    {
        return $this->availableOn;
    }

    public function setCreated($created)
    {
        $this->created = $created;
        return $this;
    }

    public function getCreated()
    {
        return $this->created;
    }

    public function setDescription($description)
    {
        $this->description = $description;
        return $this;
    }

    public function getDescription()
    {
        return $this->description;
    }

    public function setFee($fee)
    {
        $this->fee = $fee;
        return $this;
    }

    public function getFee()
    {
        return $this->fee;
    }

    public function setStatus($status)
    {
        $this->status = $status;
        return $this;
    }

    public function getStatus()
    {
        return $this->status;
    }

    public function setExchangeRate($exchangeRate)
    {
        $this->exchangeRate = $exchangeRate;
        return $this;
    }

    public function getExchangeRate()
    {
        return $this->exchangeRate;
    }

    public function setMerchantAmount($merchantAmount)
    {
        $this->merchantAmount = $merchantAmount;
        return $this;
    }

    public function getMerchantAmount()
    {
        return $this->merchantAmount;
    }

    public function setMerchantCurrency($merchantCurrency)
    {
        $this->merchantCurrency = $merchantCurrency;
        return $this;
    }

    public function getMerchantCurrency()
    {
        return $this->merchantCurrency;
    }

    public function setAdditionalDatum($key, $value)
    {
        $this->additionalData[$key] = $value;
        return $this;
    }

    public function getAdditionalData()
    {
        return $this->additionalData;
    }

    public function jsonSerialize(): array
    {
        return get_object_vars($this);
    }
}
