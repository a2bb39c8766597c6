<?php

namespace WHMCS\Domains;

use WHMCS\Model\AbstractModel;

class Extension extends AbstractModel
{
    protected $table = 'tbldomainpricing';
    protected $columnMap = [
        'supportsDnsManagement' => 'dnsmanagement',
        'supportsEmailForwarding' => 'emailforwarding',
        'supportsIdProtection' => 'idprotection',
        'requiresEppCode' => 'eppcode',
        'autoRegistrationRegistrar' => 'autoreg',
        'displayOrder' => 'order',
    ];
}
