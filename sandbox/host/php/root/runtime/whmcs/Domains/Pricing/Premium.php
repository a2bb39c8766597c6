<?php

namespace WHMCS\Domains\Pricing;

use WHMCS\Model\AbstractModel;

/** Markup brackets of premium names. */
class Premium extends AbstractModel
{
    protected $table = 'tbldomainpricing_premium';

    public static function markupForCost($amount)
    {
        $row = static::where('to_amount', '>=', $amount)->orderBy('to_amount')->first()
            ?? static::where('to_amount', -1)->first();
        return (float) ($row->markup ?? 0);
    }
}
