<?php

// A registrar that does nothing but show what it was given.

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

use WHMCS\Domains\DomainLookup\ResultsList;
use WHMCS\Domains\DomainLookup\SearchResult;

function acme_MetaData()
{
    return ['DisplayName' => 'Acme Names', 'APIVersion' => '1.1'];
}

function acme_getConfigArray($params = [])
{
    return [
        'FriendlyName' => ['Type' => 'System', 'Value' => 'Acme Names'],
        'Login' => ['Type' => 'text', 'Size' => '25'],
        'Password' => ['Type' => 'password'],
    ];
}

function acme_RegisterDomain($params)
{
    global $acme_calls;
    $acme_calls++;
    if ($params['sld'] === 'taken') {
        return ['error' => 'The name is taken'];
    }
    if ($params['sld'] === 'broken') {
        throw new RuntimeException('The far side is gone');
    }
    return [
        'success' => true,
        'calls' => $acme_calls,
        'object' => get_class($params['domainObj']),
        'name' => $params['domainObj']->getDomain(),
        'original' => $params['original']['domainObj']->getDotTopLevel(),
        'login' => $params['Login'],
    ];
}

function acme_CheckAvailability($params)
{
    $results = new ResultsList();
    $states = [
        '.com' => SearchResult::STATUS_NOT_REGISTERED,
        '.net' => SearchResult::STATUS_REGISTERED,
        '.xyz' => SearchResult::STATUS_TLD_NOT_SUPPORTED,
    ];
    foreach ($params['tldsToInclude'] as $tld) {
        $result = new SearchResult($params['searchTerm'], $tld);
        $result->setStatus($states[$tld] ?? SearchResult::STATUS_UNKNOWN);
        if ($tld === '.com') {
            $result->setPremiumDomain(true);
            $result->setPremiumCostPricing(['register' => '99.50', 'renew' => '12.00', 'CurrencyCode' => 'USD']);
        }
        $results->append($result);
    }
    return $results;
}

function acme_GetDomainInformation($params)
{
    return (new WHMCS\Domain\Registrar\Domain())
        ->setDomain($params['domain'])
        ->setNameservers(['ns1' => 'ns1.example.net', 'ns2' => 'ns2.example.net'])
        ->setRegistrationStatus(WHMCS\Domain\Registrar\Domain::STATUS_ACTIVE)
        ->setTransferLock(true)
        ->setExpiryDate(WHMCS\Carbon::createFromFormat('Y-m-d', '2031-02-03'));
}

function acme_Sync($params)
{
    return acme_no_such_function($params);
}

function acme_SaveDNS($params)
{
    return new WHMCS\Nothing\Here();
}
