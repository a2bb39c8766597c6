<?php

// The units differ in their names only.

namespace WHMCS\UsageBilling\Metrics\Units;

use WHMCS\UsageBilling\Contracts\Metrics\UnitInterface;

abstract class AbstractUnit implements UnitInterface
{
    protected $name = '';
    protected $single = '';
    protected $plural = '';

    public function __construct($name = null, $single = null, $plural = null)
    {
        $this->name = $name ?? $this->name;
        $this->single = $single ?? $this->single;
        $this->plural = $plural ?? $this->plural;
    }

    public function name()
    {
        return $this->name;
    }

    public function perUnitName($value)
    {
        return (float) $value === 1.0 ? $this->single : $this->plural;
    }

    public function type()
    {
        return 'int';
    }

    public function decorate($value)
    {
        return trim($value . ' ' . $this->perUnitName($value));
    }
}

class WholeNumber extends AbstractUnit
{
    protected $name = 'Number';
}

class FloatingPoint extends AbstractUnit
{
    protected $name = 'Decimal';

    public function type()
    {
        return 'float';
    }
}

class Accounts extends WholeNumber
{
    protected $name = 'Accounts';
    protected $single = 'Account';
    protected $plural = 'Accounts';
}

class Domains extends WholeNumber
{
    protected $name = 'Domains';
    protected $single = 'Domain';
    protected $plural = 'Domains';
}

class Bytes extends FloatingPoint
{
    protected $name = 'Bytes';
    protected $single = 'B';
    protected $plural = 'B';
}

class KiloBytes extends Bytes
{
    protected $name = 'Kilobytes';
    protected $single = 'KB';
    protected $plural = 'KB';
}

class MegaBytes extends Bytes
{
    protected $name = 'Megabytes';
    protected $single = 'MB';
    protected $plural = 'MB';
}

class GigaBytes extends Bytes
{
    protected $name = 'Gigabytes';
    protected $single = 'GB';
    protected $plural = 'GB';
}
