<?php

namespace WHMCS\View\Formatter;

/** An amount with its currency: `$10.00 USD`. */
class Price
{
    protected $price;
    protected $currency;

    public function __construct($price, $currency = null)
    {
        $this->price = (float) $price;
        $this->currency = $currency instanceof \WHMCS\Billing\Currency ? $currency->toArray() : (array) ($currency ?? getCurrency());
    }

    public function toNumeric()
    {
        return round($this->price, 2);
    }

    public function toFull()
    {
        return $this->toPrefixed() . ($this->currency['suffix'] ?? '');
    }

    public function toPrefixed()
    {
        return ($this->currency['prefix'] ?? '') . $this->number();
    }

    public function toSuffixed()
    {
        return $this->number() . ($this->currency['suffix'] ?? '');
    }

    public function format($format = null)
    {
        return $this->toFull();
    }

    public function getCurrency()
    {
        return $this->currency;
    }

    public function __toString()
    {
        return $this->toFull();
    }

    private function number()
    {
        $formats = [2 => ['.', ','], 3 => [',', '.']];
        if ((int) ($this->currency['format'] ?? 1) === 4) {
            return number_format($this->price, 0, '', ',');
        }
        [$point, $thousands] = $formats[(int) ($this->currency['format'] ?? 1)] ?? ['.', ''];
        return number_format($this->price, 2, $point, $thousands);
    }
}
