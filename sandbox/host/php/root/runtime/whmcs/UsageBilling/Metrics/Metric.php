<?php

namespace WHMCS\UsageBilling\Metrics;

use WHMCS\UsageBilling\Contracts\Metrics\MetricInterface;
use WHMCS\UsageBilling\Contracts\Metrics\UnitInterface;
use WHMCS\UsageBilling\Contracts\Metrics\UsageInterface;

class Metric implements MetricInterface, \JsonSerializable
{
    protected $systemName;
    protected $displayName;
    protected $type;
    protected $units;
    protected $usage;

    public function __construct(
        $systemName,
        $displayName = null,
        $type = self::TYPE_SNAPSHOT,
        ?UnitInterface $units = null,
        ?UsageInterface $usage = null
    ) {
        $this->systemName = (string) $systemName;
        $this->displayName = (string) ($displayName ?? $systemName);
        $this->type = $type;
        $this->units = $units ?? new Units\WholeNumber();
        $this->usage = $usage;
    }

    public function systemName()
    {
        return $this->systemName;
    }

    public function displayName()
    {
        return $this->displayName;
    }

    public function type()
    {
        return $this->type;
    }

    public function units()
    {
        return $this->units;
    }

    public function usage()
    {
        return $this->usage;
    }

    public function withUsage(?UsageInterface $usage = null)
    {
        $copy = clone $this;
        $copy->usage = $usage;
        return $copy;
    }

    public function jsonSerialize(): array
    {
        return [
            'systemName' => $this->systemName,
            'displayName' => $this->displayName,
            'type' => $this->type,
            'units' => $this->units->name(),
            'usage' => $this->usage === null ? null : $this->usage->value(),
        ];
    }
}
