<?php

namespace WHMCS;

use WHMCS\Model\AbstractModel;

class CustomField extends AbstractModel
{
    protected $table = 'tblcustomfields';
    protected $columnMap = [
        'fieldName' => 'fieldname',
        'fieldType' => 'fieldtype',
        'relatedId' => 'relid',
        'regularExpression' => 'regexpr',
        'adminOnly' => 'adminonly',
        'showOnOrderForm' => 'showorder',
        'showOnInvoice' => 'showinvoice',
        'sortOrder' => 'sortorder',
    ];

    public function customFieldValues()
    {
        return $this->hasMany(\WHMCS\CustomField\CustomFieldValue::class, 'fieldid');
    }
}
