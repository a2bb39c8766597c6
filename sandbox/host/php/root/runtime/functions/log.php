<?php

use SandboxHost\Database;
use SandboxHost\ModuleLog;

function logModuleCall($module, $action, $requestString, $responseData, $processedData = '', $replaceVars = [])
{
    ModuleLog::write((string) $module, (string) $action, $requestString, $responseData, $processedData, (array) $replaceVars);
}

function logActivity($description, $clientId = 0, $addUserId = null, $addAdminId = null)
{
    $admin = $_SESSION['adminid'] ?? null;
    $user = 'System';
    if ($admin) {
        $user = (string) (Database::value('SELECT username FROM tbladmins WHERE id = ?', [$admin]) ?? 'Admin');
    } elseif (!empty($_SESSION['uid'])) {
        $user = 'Client';
    }
    $client = (int) ($clientId ?: ($_SESSION['uid'] ?? 0));
    $row = [
        'date' => date('Y-m-d H:i:s'),
        'description' => (string) $description,
        'user' => $user,
        'userid' => $client,
        'user_id' => (int) $addUserId,
        'admin_id' => (int) ($addAdminId ?? $admin),
        'ipaddr' => (string) ($_SERVER['REMOTE_ADDR'] ?? ''),
    ];
    try {
        Database::insert('tblactivitylog', $row);
    } catch (\PDOException $e) {
        error_log('activity log: ' . $e->getMessage() . ': ' . $description);
    }
    static $telling = false;
    if (!$telling) {
        $telling = true;
        run_hook('LogActivity', [
            'description' => (string) $description,
            'user' => $user,
            'userid' => $client,
            'ipaddress' => $row['ipaddr'],
        ]);
        $telling = false;
    }
}

function logAdminActivity($description)
{
    logActivity($description);
}
