<?php

/**
 * The wallet gateway: every function hands its call to the Wharf daemon.
 *
 * It has no MetaData function on purpose: all that it would say is the default, and the registrar module of the
 * same name defines one, which WHMCS may load in the same request.
 */

use Wharf\Gateway;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/../wharf/gateway.php';

function wharf_config($params = [])
{
    return [
        'FriendlyName' => ['Type' => 'System', 'Value' => 'Mobile wallet'],
        'store' => [
            'FriendlyName' => 'Store',
            'Type' => 'text',
            'Size' => '30',
            'Default' => '',
            'Description' => 'The id of the store in Wharf. May stay empty while this WHMCS has only one.',
        ],
    ];
}

function wharf_link($params)
{
    return Gateway::link(__FUNCTION__, $params);
}
