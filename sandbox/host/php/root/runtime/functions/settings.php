<?php

use SandboxHost\Crypt;
use SandboxHost\Database;
use SandboxHost\Host;
use SandboxHost\Settings;

function getRegistrarConfigOptions($registrar)
{
    $rows = Database::rows('SELECT setting, value FROM tblregistrars WHERE registrar = ?', [(string) $registrar]);
    return array_map([Crypt::class, 'openOrKeep'], array_column($rows, 'value', 'setting'));
}

function getGatewayVariables($gateway, $invoiceId = 0, $amount = '0.00')
{
    $gateway = preg_replace('/[^A-Za-z0-9_-]/', '', (string) $gateway);
    $rows = Database::rows('SELECT setting, value FROM tblpaymentgateways WHERE gateway = ?', [$gateway]);
    $settings = array_map([Crypt::class, 'openOrKeep'], array_column($rows, 'value', 'setting'));
    $params = array_merge(['type' => '', 'name' => $gateway, 'visible' => '', 'convertto' => ''], $settings);
    $params['paymentmethod'] = $gateway;
    $params['companyname'] = (string) Settings::get('CompanyName');
    $params['systemurl'] = Host::$systemUrl;
    $params['whmcsVersion'] = Host::VERSION;
    if ($params['type'] === '' && $settings !== []) {
        $params['type'] = 'Invoices';
    }
    if ($invoiceId) {
        $invoice = Database::row('SELECT * FROM tblinvoices WHERE id = ?', [(int) $invoiceId]) ?? [];
        $currency = getCurrency($invoice['userid'] ?? 0);
        $params += [
            'invoiceid' => (int) $invoiceId,
            'invoicenum' => $invoice['invoicenum'] ?? '',
            'amount' => (float) $amount > 0 ? $amount : ($invoice['total'] ?? '0.00'),
            'currency' => $currency['code'] ?? '',
            'returnurl' => Host::$systemUrl . 'viewinvoice.php?id=' . (int) $invoiceId,
            'clientdetails' => getClientsDetails($invoice['userid'] ?? 0),
        ];
    }
    return $params;
}

function getGatewaysArray()
{
    $rows = Database::rows("SELECT gateway, value FROM tblpaymentgateways WHERE setting = 'name' ORDER BY \"order\"");
    return array_column($rows, 'value', 'gateway');
}

function getGatewayName($gateway)
{
    return getGatewaysArray()[$gateway] ?? $gateway;
}

function getRegistrarsDropdownMenu($registrar, $name = 'registrar')
{
    return '';
}

function getVersion()
{
    return Host::VERSION;
}
