<?php

use SandboxHost\ClientDetails;
use SandboxHost\Database;

function getClientsDetails($userId = '', $contactId = '')
{
    return ClientDetails::of((int) ($userId ?: ($_SESSION['uid'] ?? 0)), (int) $contactId);
}

function getCustomFields($type, $relid, $relid2, $admin = '', $order = '', $ordervalues = '', $hidepw = '')
{
    $rows = Database::rows(
        'SELECT f.*, v.value FROM tblcustomfields f LEFT JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = ?'
        . ' WHERE f.type = ? AND (f.relid = ? OR f.relid = 0) ORDER BY f.sortorder, f.id',
        [(int) $relid2, (string) $type, (int) $relid]
    );
    return array_map(static fn (array $row): array => [
        'id' => $row['id'],
        'textid' => preg_replace('/[^0-9a-z]/i', '', strtolower((string) $row['fieldname'])),
        'name' => explode('|', (string) $row['fieldname'])[0],
        'description' => $row['description'] ?? '',
        'type' => $row['fieldtype'] ?? 'text',
        'required' => $row['required'] ?? '',
        'value' => $row['value'] ?? '',
        'rawvalue' => $row['value'] ?? '',
    ], $rows);
}

function saveCustomFields($relid, $fields, $type = '', $isAdmin = false)
{
    foreach ((array) $fields as $id => $value) {
        $changed = Database::run(
            'UPDATE tblcustomfieldsvalues SET value = ? WHERE fieldid = ? AND relid = ?',
            [(string) $value, (int) $id, (int) $relid]
        );
        if ($changed === 0) {
            Database::insert('tblcustomfieldsvalues', ['fieldid' => (int) $id, 'relid' => (int) $relid, 'value' => (string) $value]);
        }
    }
}

function checkContactPermission($permission, $return = false)
{
    return true;
}

function checkPermission($permission, $return = false)
{
    return !empty($_SESSION['adminid']);
}

function getAdminName($adminId = 0)
{
    $row = Database::row('SELECT firstname, lastname FROM tbladmins WHERE id = ?', [(int) ($adminId ?: ($_SESSION['adminid'] ?? 0))]);
    return $row === null ? '' : trim($row['firstname'] . ' ' . $row['lastname']);
}
