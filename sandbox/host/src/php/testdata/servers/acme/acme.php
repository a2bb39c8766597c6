<?php

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

use WHMCS\Database\Capsule;

function acme_MetaData()
{
    return ['DisplayName' => 'Acme Services', 'APIVersion' => '1.1', 'RequiresServer' => false];
}

function acme_ConfigOptions()
{
    return ['Plan' => ['Type' => 'text', 'Default' => 'pro']];
}

function acme_CreateAccount($params)
{
    $model = $params['model'];
    $model->serviceProperties->save(['Username' => 'acme-1', 'License Key' => 'AAAA-BBBB', 'Password' => 's3cret']);
    $model->serviceProperties->save(['License Key' => 'CCCC-DDDD']);
    logModuleCall('acme', 'create', ['key' => 'to/p "s3cret"'], '{"key":"to\/p \"s3cret\""}', 'k=to%2Fp+%22s3cret%22', ['to/p "s3cret"']);
    logActivity('Service ' . $model->id . ' of client ' . $model->clientId . ' made', $model['userid']);
    return 'success';
}

function acme_SuspendAccount($params)
{
    return 'Not now';
}

function acme_TerminateAccount($params)
{
    return Capsule::transaction(static function () {
        $answer = localAPI('GetClientsDetails', ['clientid' => 1]);
        return $answer['message'];
    });
}

function acme_ReadBack($params)
{
    return [
        'username' => $params['model']->serviceProperties->get('Username'),
        'password' => $params['model']->serviceProperties->get('Password'),
        'licence' => $params['model']->serviceProperties->get('License Key'),
        'nothing' => $params['model']->serviceProperties->get('No such field'),
        'client' => $params['clientsdetails']['model']->fullName,
        'product' => $params['model']->product->name,
    ];
}

function acme_Leave($params)
{
    echo 'good';
    ob_start();
    echo 'bye';
    exit;
}

function acme_LeaveUnbuffered($params)
{
    while (ob_get_level() > 0) {
        ob_end_clean();
    }
    header('Location: https://example.net/login');
    echo 'straight out';
    exit(1);
}

function acme_OddValues($params)
{
    return [
        'float' => 1.0,
        'infinite' => INF,
        'binary' => "\xff\xfe",
        'closure' => static fn () => 1,
        'resource' => acme_resource(),
        'date' => new DateTimeImmutable('2030-01-02T03:04:05Z'),
        'list' => new ArrayIterator([1, 2]),
        'empty' => new stdClass(),
    ];
}

function acme_resource()
{
    return fopen('php://memory', 'r');
}

function acme_ClientArea($params)
{
    return [
        'tabOverviewModuleOutputTemplate' => 'templates/overview.tpl',
        'templateVariables' => ['plan' => '<b>Pro</b>', 'names' => ['one', 'two']],
    ];
}
