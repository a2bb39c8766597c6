<?php

// A provisioning module in the older manner: legacy SQL beside Capsule, custom fields, buttons of its own.

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/helper.php';

function boxlane_MetaData()
{
    return ['DisplayName' => 'Box Lane', 'APIVersion' => '1.1', 'RequiresServer' => true, 'DefaultNonSSLPort' => '80', 'DefaultSSLPort' => '443'];
}

function boxlane_ConfigOptions()
{
    return [
        'Plan' => ['Type' => 'dropdown', 'Options' => ['small' => 'Small', 'large' => 'Large'], 'Default' => 'small', 'SimpleMode' => true],
        'Disk' => ['Type' => 'text', 'Size' => '5', 'Default' => '10', 'Description' => 'GB'],
        'Backups' => ['Type' => 'yesno', 'Description' => 'Daily'],
    ];
}

function boxlane_TestConnection(array $params)
{
    $good = $params['serverusername'] === 'root' && $params['serverpassword'] !== '';
    return ['success' => $good, 'error' => $good ? '' : 'no log-in is entered'];
}

function boxlane_CreateAccount(array $params)
{
    try {
        if (empty($params['customfields']['Region'])) {
            return 'The custom field Region is empty';
        }
        $answer = boxlane_request($params, 'create', [
            'plan' => $params['configoption1'],
            'disk' => (int) $params['configoption2'],
            'region' => $params['customfields']['Region'],
            'email' => $params['clientsdetails']['email'],
        ]);
        // As modules of 2012 do it…
        update_query('tblhosting', ['username' => $answer['login'], 'dedicatedip' => '192.0.2.17'], ['id' => (int) $params['serviceid']]);
        // …and as those of today do.
        $params['model']->serviceProperties->save(['Box ID' => $answer['id'], 'License Key' => $answer['licence']]);
        return 'success';
    } catch (Exception $e) {
        logModuleCall('boxlane', __FUNCTION__, $params, $e->getMessage(), $e->getTraceAsString());
        return $e->getMessage();
    }
}

function boxlane_SuspendAccount(array $params)
{
    boxlane_request($params, 'suspend', ['reason' => $params['suspendreason'] ?: 'none']);
    return 'success';
}

function boxlane_UnsuspendAccount(array $params)
{
    boxlane_request($params, 'unsuspend', []);
    return 'success';
}

function boxlane_TerminateAccount(array $params)
{
    return boxlane_boxOf($params) === '' ? 'There is no box to remove' : 'success';
}

function boxlane_AdminCustomButtonArray()
{
    return ['Reboot' => 'reboot', 'Break' => 'break'];
}

function boxlane_ClientAreaCustomButtonArray()
{
    return ['Reboot my box' => 'reboot', 'Console' => 'console'];
}

function boxlane_reboot(array $params)
{
    boxlane_request($params, 'reboot', []);
    $result = select_query('tblhosting', 'id,notes', ['id' => $params['serviceid']]);
    $row = mysql_fetch_array($result);
    update_query('tblhosting', ['notes' => trim($row['notes'] . ' rebooted')], ['id' => $row['id']]);
    return 'success';
}

function boxlane_break(array $params)
{
    return 'The box does not answer';
}

function boxlane_console(array $params)
{
    return [
        'templatefile' => 'templates/console',
        'breadcrumb' => ['clientarea.php?action=productdetails&id=' . $params['serviceid'] => 'Console'],
        'vars' => ['box' => boxlane_boxOf($params), 'command' => $_POST['command'] ?? ''],
    ];
}

function boxlane_ClientArea(array $params)
{
    $action = isset($_REQUEST['customAction']) ? $_REQUEST['customAction'] : '';
    return [
        'tabOverviewReplacementTemplate' => $action === 'manage' ? 'templates/manage.tpl' : 'templates/overview.tpl',
        'templateVariables' => [
            'box' => boxlane_boxOf($params),
            'services' => Capsule::table('tblhosting')->where('userid', $params['userid'])->count(),
        ],
    ];
}

function boxlane_AdminServicesTabFields(array $params)
{
    return ['Box' => htmlspecialchars(boxlane_boxOf($params))];
}
