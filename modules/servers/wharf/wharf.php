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
    return Server::options(__FUNCTION__, (array) $params);
}

// The choices of configoption2, 3 and so on: a loader is only told of the server, so each has its own name.
function wharf_Choices2($params)
{
    return Server::choices(__FUNCTION__, $params);
}

function wharf_Choices3($params)
{
    return Server::choices(__FUNCTION__, $params);
}

function wharf_Choices4($params)
{
    return Server::choices(__FUNCTION__, $params);
}

function wharf_Choices5($params)
{
    return Server::choices(__FUNCTION__, $params);
}

function wharf_Choices6($params)
{
    return Server::choices(__FUNCTION__, $params);
}

function wharf_Choices7($params)
{
    return Server::choices(__FUNCTION__, $params);
}

function wharf_Choices8($params)
{
    return Server::choices(__FUNCTION__, $params);
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

function wharf_Renew($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_ChangePackage($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_ChangePassword($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_ServiceSingleSignOn($params)
{
    return Server::signOn(__FUNCTION__, $params);
}

function wharf_AdminSingleSignOn($params)
{
    return Server::signOn(__FUNCTION__, $params);
}

function wharf_AdminLink($params)
{
    return Server::html(__FUNCTION__, $params);
}

function wharf_LoginLink($params)
{
    return Server::html(__FUNCTION__, $params);
}

function wharf_ClientArea($params)
{
    return Server::page(__FUNCTION__, $params);
}

function wharf_ClientAreaCustomButtonArray($params = [])
{
    return Server::buttons(__FUNCTION__, (array) $params);
}

if (!function_exists('wharf_AdminCustomButtonArray')) {
    function wharf_AdminCustomButtonArray($params = [])
    {
        return Wharf\Client::adminButtons(__FUNCTION__, (array) $params);
    }
}

// What connectors let people press, by its place in the connector's file.
function wharf_Button1($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_Button2($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_Button3($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_Button4($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_Button5($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_Button6($params)
{
    return Server::change(__FUNCTION__, $params);
}

// What staff decides about an action that did not come to its end.
function wharf_SettleService($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_RetryService($params)
{
    return Server::change(__FUNCTION__, $params);
}

function wharf_AdminServicesTabFields($params)
{
    return Server::fields(__FUNCTION__, $params);
}

function wharf_AdminServicesTabFieldsSave($params)
{
    Server::saveFields(__FUNCTION__, $params);
}

function wharf_UsageUpdate($params)
{
    Server::usage(__FUNCTION__, $params);
}

function wharf_MetricProvider($params = [])
{
    return Server::metrics(__FUNCTION__, (array) $params);
}

function wharf_ListAccounts($params)
{
    return Server::accounts(__FUNCTION__, $params);
}

function wharf_CustomActions($params)
{
    return Server::actions(__FUNCTION__, $params);
}
