<?php

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

function acmepay_config()
{
    return ['FriendlyName' => ['Type' => 'System', 'Value' => 'Acme Pay'], 'secret' => ['Type' => 'password']];
}

function acmepay_link($params)
{
    return '<form>' . basename($_SERVER['SCRIPT_NAME']) . ' ' . $params['amount'] . ' ' . $params['systemurl'] . '</form>';
}
