<?php

// A registrar with most of what public ones have. Its registry is a table of its own.

use WHMCS\Carbon;
use WHMCS\Database\Capsule;
use WHMCS\Domain\Registrar\Domain;
use WHMCS\Domains\DomainLookup\ResultsList;
use WHMCS\Domains\DomainLookup\SearchResult;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

function namekeep_MetaData()
{
    return ['DisplayName' => 'Name Keep', 'APIVersion' => '1.1'];
}

function namekeep_getConfigArray()
{
    return [
        'FriendlyName' => ['Type' => 'System', 'Value' => 'Name Keep'],
        'ApiUser' => ['Type' => 'text', 'Size' => '20'],
        'ApiKey' => ['Type' => 'password', 'Size' => '20', 'Description' => 'From the reseller panel'],
        'TestMode' => ['Type' => 'yesno'],
    ];
}

function namekeep_config_validate($params)
{
    if ($params['ApiUser'] === '') {
        throw new \WHMCS\Exception\Module\InvalidConfiguration('ApiUser is empty');
    }
}

function namekeep_table()
{
    if (!Capsule::schema()->hasTable('mod_namekeep')) {
        Capsule::schema()->create('mod_namekeep', function ($table) {
            $table->increments('id');
            $table->string('name')->unique();
            $table->text('data');
            $table->timestamps();
        });
    }
    return Capsule::table('mod_namekeep');
}

function namekeep_read(array $params)
{
    $row = namekeep_table()->where('name', $params['sld'] . '.' . $params['tld'])->first();
    if ($row === null) {
        throw new \Exception('The domain is not in this account');
    }
    return json_decode($row->data, true);
}

function namekeep_write(array $params, array $data)
{
    $name = $params['sld'] . '.' . $params['tld'];
    namekeep_table()->updateOrInsert(['name' => $name], ['data' => json_encode($data)]);
    logModuleCall('namekeep', 'write', ['user' => $params['ApiUser'], 'key' => $params['ApiKey']] + $data, 'ok', '', [$params['ApiKey']]);
    return ['success' => true];
}

function namekeep_CheckAvailability($params)
{
    $results = new ResultsList();
    foreach ($params['tldsToInclude'] as $tld) {
        $result = new SearchResult($params['searchTerm'], $tld);
        $taken = strpos($params['searchTerm'], 'taken') === 0;
        $result->setStatus($taken ? SearchResult::STATUS_REGISTERED : SearchResult::STATUS_NOT_REGISTERED);
        if ($params['searchTerm'] === 'gold') {
            $result->setPremiumDomain(true);
            $result->setPremiumCostPricing(['register' => 900, 'renew' => 100, 'CurrencyCode' => 'USD']);
        }
        $results->append($result);
    }
    return $results;
}

function namekeep_RegisterDomain($params)
{
    $contact = [
        'First Name' => $params['firstname'],
        'Last Name' => $params['lastname'],
        'Email Address' => $params['email'],
        'Phone Number' => $params['fullphonenumber'],
        'Country' => $params['countrycode'],
    ];
    return namekeep_write($params, [
        'expires' => date('Y-m-d', strtotime('+' . $params['regperiod'] . ' years')),
        'ns' => array_values(array_filter([$params['ns1'], $params['ns2'], $params['ns3'] ?? ''])),
        'lock' => true,
        'contacts' => ['Registrant' => $contact, 'Admin' => $contact],
        'dns' => [],
    ]);
}

function namekeep_GetNameservers($params)
{
    try {
        $values = [];
        foreach (namekeep_read($params)['ns'] as $index => $nameserver) {
            $values['ns' . ($index + 1)] = $nameserver;
        }
        return $values;
    } catch (\Exception $e) {
        return ['error' => $e->getMessage()];
    }
}

function namekeep_SaveNameservers($params)
{
    $ns = array_filter([$params['ns1'], $params['ns2'], $params['ns3'], $params['ns4'], $params['ns5']]);
    return namekeep_write($params, ['ns' => array_values($ns)] + namekeep_read($params));
}

function namekeep_GetRegistrarLock($params)
{
    return namekeep_read($params)['lock'] ? 'locked' : 'unlocked';
}

function namekeep_SaveRegistrarLock($params)
{
    return namekeep_write($params, ['lock' => $params['lockenabled'] === 'locked'] + namekeep_read($params));
}

function namekeep_GetContactDetails($params)
{
    return namekeep_read($params)['contacts'];
}

function namekeep_SaveContactDetails($params)
{
    return namekeep_write($params, ['contacts' => $params['contactdetails']] + namekeep_read($params));
}

function namekeep_GetDNS($params)
{
    return namekeep_read($params)['dns'];
}

function namekeep_SaveDNS($params)
{
    $records = array_filter($params['dnsrecords'], function ($record) {
        return $record['hostname'] !== '' && $record['address'] !== '';
    });
    return namekeep_write($params, ['dns' => array_values($records)] + namekeep_read($params));
}

function namekeep_GetEPPCode($params)
{
    return ['eppcode' => 'EPP-' . strtoupper($params['sld'])];
}

function namekeep_Sync($params)
{
    try {
        return ['active' => true, 'expirydate' => namekeep_read($params)['expires']];
    } catch (\Exception $e) {
        return ['error' => $e->getMessage()];
    }
}

function namekeep_GetDomainInformation($params)
{
    $data = namekeep_read($params);
    $nameservers = [];
    foreach ($data['ns'] as $index => $nameserver) {
        $nameservers['ns' . ($index + 1)] = $nameserver;
    }
    return (new Domain())
        ->setDomain($params['domainObj']->getDomain())
        ->setNameservers($nameservers)
        ->setRegistrationStatus(Domain::STATUS_ACTIVE)
        ->setTransferLock($data['lock'])
        ->setExpiryDate(Carbon::createFromFormat('Y-m-d', $data['expires']));
}

function namekeep_ClientAreaCustomButtonArray()
{
    return ['Push to another account' => 'push'];
}

function namekeep_AdminCustomButtonArray()
{
    return ['Send the transfer code' => 'sendcode'];
}

function namekeep_push($params)
{
    return [
        'templatefile' => 'push',
        'breadcrumb' => ['clientarea.php?action=domaindetails&domainid=' . $params['domainid'] => 'Push'],
        'vars' => ['target' => $_REQUEST['target'] ?? ''],
    ];
}

function namekeep_sendcode($params)
{
    logActivity('Name Keep sent the code of ' . $params['domainname'], $params['userid']);
    return ['success' => true];
}
