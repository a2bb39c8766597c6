<?php

namespace WHMCS\Billing;

use WHMCS\Model\AbstractModel;

class Pricing extends AbstractModel
{
    protected $table = 'tblpricing';
}
