<?php

namespace WHMCS\Domains\DomainLookup;

use WHMCS\Domains\Domain;

class SearchResult extends Domain
{
    public const STATUS_NOT_REGISTERED = 'available for registration';
    public const STATUS_REGISTERED = 'registered';
    public const STATUS_RESERVED = 'reserved';
    public const STATUS_UNKNOWN = 'unknown';
    public const STATUS_TLD_NOT_SUPPORTED = 'tld not supported';

    protected $status = self::STATUS_UNKNOWN;
    protected $score = 1.0;
    protected $premium = false;
    protected $pricing = [];

    public static function factoryFromDomain(Domain $domain)
    {
        return new static($domain->getSecondLevel(), $domain->getTopLevel());
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

    public function isAvailableForPurchase()
    {
        return $this->status === self::STATUS_NOT_REGISTERED;
    }

    public function setScore($score)
    {
        $this->score = (float) $score;
        return $this;
    }

    public function getScore()
    {
        return $this->score;
    }

    public function setPremiumDomain($premium)
    {
        $this->premium = (bool) $premium;
        return $this;
    }

    public function isPremiumDomain()
    {
        return $this->premium;
    }

    public function setPremiumCostPricing(array $pricing)
    {
        $this->pricing = $pricing;
        return $this;
    }

    public function getPremiumCostPricing()
    {
        return $this->pricing;
    }
}
