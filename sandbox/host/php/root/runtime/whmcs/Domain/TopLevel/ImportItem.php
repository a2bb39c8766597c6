<?php

namespace WHMCS\Domain\TopLevel;

/** One zone of a registrar's price list. Prices are for the shortest term; null means not offered. */
class ImportItem implements \JsonSerializable
{
    protected $extension;
    protected $minYears = 1;
    protected $maxYears = 10;
    protected $yearsStep = 1;
    protected $years;
    protected $registerPrice;
    protected $renewPrice;
    protected $transferPrice;
    protected $currency;
    protected $graceFeeDays;
    protected $graceFeePrice;
    protected $redemptionFeeDays;
    protected $redemptionFeePrice;
    protected $eppRequired;

    public function setExtension($extension)
    {
        $this->extension = $extension;
        return $this;
    }

    public function getExtension()
    {
        return $this->extension;
    }

    public function setMinYears($minYears)
    {
        $this->minYears = $minYears;
        return $this;
    }

    public function getMinYears()
    {
        return $this->minYears;
    }

    public function setMaxYears($maxYears)
    {
        $this->maxYears = $maxYears;
        return $this;
    }

    public function getMaxYears()
    {
        return $this->maxYears;
    }

    public function setYearsStep($yearsStep)
    {
        $this->yearsStep = $yearsStep;
        return $this;
    }

    public function getYearsStep()
    {
        return $this->yearsStep;
    }

    public function setYears($years)
    {
        $this->years = $years;
        return $this;
    }

    public function getYears()
    {
        return $this->years;
    }

    public function setRegisterPrice($registerPrice)
    {
        $this->registerPrice = $registerPrice;
        return $this;
    }

    public function getRegisterPrice()
    {
        return $this->registerPrice;
    }

    public function setRenewPrice($renewPrice)
    {
        $this->renewPrice = $renewPrice;
        return $this;
    }

    public function getRenewPrice()
    {
        return $this->renewPrice;
    }

    public function setTransferPrice($transferPrice)
    {
        $this->transferPrice = $transferPrice;
        return $this;
    }

    public function getTransferPrice()
    {
        return $this->transferPrice;
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

    public function setGraceFeeDays($graceFeeDays)
    {
        $this->graceFeeDays = $graceFeeDays;
        return $this;
    }

    public function getGraceFeeDays()
    {
        return $this->graceFeeDays;
    }

    public function setGraceFeePrice($graceFeePrice)
    {
        $this->graceFeePrice = $graceFeePrice;
        return $this;
    }

    public function getGraceFeePrice()
    {
        return $this->graceFeePrice;
    }

    public function setRedemptionFeeDays($redemptionFeeDays)
    {
        $this->redemptionFeeDays = $redemptionFeeDays;
        return $this;
    }

    public function getRedemptionFeeDays()
    {
        return $this->redemptionFeeDays;
    }

    public function setRedemptionFeePrice($redemptionFeePrice)
    {
        $this->redemptionFeePrice = $redemptionFeePrice;
        return $this;
    }

    public function getRedemptionFeePrice()
    {
        return $this->redemptionFeePrice;
    }

    public function setEppRequired($eppRequired)
    {
        $this->eppRequired = $eppRequired;
        return $this;
    }

    public function getEppRequired()
    {
        return $this->eppRequired;
    }

    public function jsonSerialize(): array
    {
        return get_object_vars($this);
    }
}
