<?php

/**
 * The registrar module: every function hands its call to the Wharf daemon.
 */

use Wharf\Registrar;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/../../wharf/registrar.php';

// WHMCS may load the registrar and the server module in one request; whichever comes first speaks for both.
if (!function_exists('wharf_MetaData')) {
    function wharf_MetaData()
    {
        return Wharf\Client::metaData(__FUNCTION__);
    }
}

function wharf_getConfigArray($params = [])
{
    return [
        'FriendlyName' => ['Type' => 'System', 'Value' => Wharf\Client::displayName(__FUNCTION__)],
        'Description' => [
            'Type' => 'System',
            'Value' => 'Domains through the Wharf daemon. Saving checks the account with the registrar.',
        ],
        'Environment' => [
            'FriendlyName' => 'Environment',
            'Type' => 'dropdown',
            'Options' => ['LIVE' => 'Live: real registrations, real money', 'OTE' => 'OT&E: the registrar\'s test system'],
            'Default' => 'OTE',
            'Description' => 'Which of the registrar\'s systems is used. Each has accounts of its own.',
        ],
        'Username' => [
            'FriendlyName' => 'Username',
            'Type' => 'text',
            'Size' => '30',
            'Description' => 'The registrar account. A role user is written account!role.',
        ],
        'Password' => [
            'FriendlyName' => 'Password',
            'Type' => 'password',
            'Size' => '30',
            'Description' => 'Its password. Wharf keeps it sealed and never writes it to a log.',
        ],
    ];
}

function wharf_config_validate($params)
{
    Registrar::validate(__FUNCTION__, $params);
}

function wharf_CheckAvailability($params)
{
    return Registrar::results(__FUNCTION__, $params);
}

function wharf_RegisterDomain($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_GetNameservers($params)
{
    return Registrar::read(__FUNCTION__, $params);
}

function wharf_SaveNameservers($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_GetDomainInformation($params)
{
    return Registrar::information(__FUNCTION__, $params);
}

function wharf_Sync($params)
{
    return Registrar::change(__FUNCTION__, $params);
}
