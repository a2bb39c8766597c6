<?php

namespace WHMCS\UsageBilling\Metrics;

use WHMCS\UsageBilling\Contracts\Metrics\UsageInterface;

class Usage implements UsageInterface
{
    protected $value;
    protected $collectedAt;
    protected $startAt;
    protected $endAt;

    public function __construct($value, $collectedAt = null, $startAt = null, $endAt = null)
    {
        $this->value = $value;
        $this->collectedAt = $collectedAt;
        $this->startAt = $startAt;
        $this->endAt = $endAt;
    }

    public function value()
    {
        return $this->value;
    }

    public function collectedAt()
    {
        return $this->collectedAt;
    }

    public function startAt()
    {
        return $this->startAt;
    }

    public function endAt()
    {
        return $this->endAt;
    }
}
