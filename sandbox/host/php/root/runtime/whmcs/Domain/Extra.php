<?php

namespace WHMCS\Domain;

use WHMCS\Model\AbstractModel;

class Extra extends AbstractModel
{
    protected $table = 'tbldomains_extra';
    public $timestamps = true;
    protected $columnMap = [
        'domainId' => 'domain_id',
    ];

    public function domain()
    {
        return $this->belongsTo(\WHMCS\Domain\Domain::class, 'domain_id');
    }
}
