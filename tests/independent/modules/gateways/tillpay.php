<?php

// A gateway in the manner of many public ones: a form that is posted to the provider, and a callback script.

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

function tillpay_MetaData()
{
    return ['DisplayName' => 'Till Pay', 'APIVersion' => '1.1', 'DisableLocalCreditCardInput' => true];
}

function tillpay_config()
{
    return [
        'FriendlyName' => ['Type' => 'System', 'Value' => 'Till Pay'],
        'merchant' => ['FriendlyName' => 'Merchant', 'Type' => 'text', 'Size' => '25', 'Default' => ''],
        'signingkey' => ['FriendlyName' => 'Signing key', 'Type' => 'password', 'Size' => '50'],
        'testmode' => ['FriendlyName' => 'Test mode', 'Type' => 'yesno', 'Description' => 'Tick to test'],
        'method' => ['FriendlyName' => 'Method', 'Type' => 'dropdown', 'Options' => 'card,transfer'],
    ];
}

function tillpay_link($params)
{
    $fields = [
        'merchant' => $params['merchant'],
        'invoice' => $params['invoiceid'],
        'amount' => $params['amount'],
        'currency' => $params['currency'],
        'name' => $params['clientdetails']['firstname'] . ' ' . $params['clientdetails']['lastname'],
        'email' => $params['clientdetails']['email'],
        'callback' => rtrim($params['systemurl'], '/') . '/modules/gateways/callback/' . $params['paymentmethod'] . '.php',
        'return' => $params['returnurl'],
        'test' => $params['testmode'] === 'on' ? '1' : '0',
    ];
    $fields['sign'] = hash_hmac('sha256', $fields['invoice'] . $fields['amount'], $params['signingkey']);
    $html = '<form method="post" action="https://till.example/checkout">';
    foreach ($fields as $name => $value) {
        $html .= '<input type="hidden" name="' . $name . '" value="' . htmlspecialchars((string) $value) . '">';
    }
    return $html . '<input type="submit" value="' . $params['langpaynow'] . '"></form>';
}

function tillpay_refund($params)
{
    return ['status' => 'success', 'rawdata' => ['refunded' => $params['transid']], 'transid' => 'R-' . $params['transid'], 'fees' => 0];
}
