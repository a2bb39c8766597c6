<?php

// A gateway in the manner of the public wallet modules: the customer types phone and amount, the callback script
// asks the bridge whether the transfer has arrived, and books by itself. It trusts its own hidden fields, as
// such modules do.

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

function walletcheck_config()
{
    return [
        'FriendlyName' => ['Type' => 'System', 'Value' => 'Wallet check'],
        'systemUrl' => ['FriendlyName' => 'Bridge address', 'Type' => 'text', 'Size' => '60', 'Default' => ''],
        'storeId' => ['FriendlyName' => 'Store', 'Type' => 'text', 'Size' => '20', 'Default' => ''],
    ];
}

function walletcheck_link($params)
{
    $bridge = rtrim($params['systemUrl'], '/');
    $client = $params['clientdetails'];
    $id = $client['userid'] ?? $client['id'];
    $lang = strtolower((string) ($client['language'] ?? '')) === 'arabic' ? 'ar' : 'en';
    $fields = [
        'clientId' => $id,
        'invoiceId' => $params['invoiceid'],
        'userName' => $client['firstname'] . ' ' . $client['lastname'] . ' (' . $id . ')',
        'lang' => $lang,
    ];
    $target = rtrim($params['systemurl'], '/') . '/modules/gateways/callback/walletcheck.php';
    $html = '<form id="walletcheck" method="post" action="' . htmlspecialchars($target) . '">';
    foreach ($fields as $name => $value) {
        $html .= '<input type="hidden" name="' . $name . '" value="' . htmlspecialchars((string) $value) . '">';
    }
    $html .= '<label>Wallet phone <input type="text" name="phone"></label>'
        . '<label>Amount in EGP <input type="text" id="walletcheck-amount" name="amount" value="' . $params['amount'] . '"></label>'
        . '<input type="submit" value="I have paid"></form>';
    $rate = json_encode($bridge . '/api/public/store/' . rawurlencode($params['storeId']) . '/rate');
    $due = json_encode((float) $params['amount']);
    return $html . "<script>fetch($rate,{credentials:'omit'}).then(function(r){return r.ok?r.json():null}).then(function(r){"
        . "if(r&&r.status&&r.rate!=null){document.getElementById('walletcheck-amount').value=Math.ceil($due*Number(r.rate));}"
        . '}).catch(function(){});</script>';
}
