<?php

namespace WHMCS\Domain;

use WHMCS\Model\AbstractModel;

class AdditionalField extends AbstractModel
{
    protected $table = 'tbldomainsadditionalfields';
    protected $columnMap = [
        'domainId' => 'domainid',
    ];

    public function domain()
    {
        return $this->belongsTo(\WHMCS\Domain\Domain::class, 'domainid');
    }
}
