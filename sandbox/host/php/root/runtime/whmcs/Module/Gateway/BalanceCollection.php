<?php

namespace WHMCS\Module\Gateway;

use Illuminate\Support\Collection;

class BalanceCollection extends Collection
{
    public static function factoryFromItems(...$items)
    {
        return new static($items);
    }
}
