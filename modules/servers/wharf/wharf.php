<?php

/**
 * The server module: every function hands its call to the Wharf daemon.
 */

use Wharf\Server;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/../../wharf/server.php';

// WHMCS may load the registrar and the server module in one request; whichever comes first speaks for both.
if (!function_exists('wharf_MetaData')) {
    function wharf_MetaData()
    {
        return Wharf\Client::metaData(__FUNCTION__);
    }
}

function wharf_ConfigOptions($params = [])
{
    return [
        'Connector' => [
            'Type' => 'text',
            'Size' => '25',
            'Default' => 'siteshield',
            'Description' => 'Which supplier\'s API: the name of one of Wharf\'s connectors.',
            'SimpleMode' => true,
        ],
        'Plan' => [
            'Type' => 'text',
            'Size' => '25',
            'Description' => 'The supplier\'s id of the plan, for example: pro',
            'SimpleMode' => true,
        ],
    ];
}

function wharf_TestConnection($params)
{
    return Server::test(__FUNCTION__, $params);
}

function wharf_CreateAccount($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_SuspendAccount($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_UnsuspendAccount($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_TerminateAccount($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_ClientArea($params)
{
    return Server::page(__FUNCTION__, $params);
}
