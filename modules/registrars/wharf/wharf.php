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
        'ProxyServer' => [
            'FriendlyName' => 'Proxy',
            'Type' => 'text',
            'Size' => '40',
            'Default' => '',
            'Description' => 'For reaching the registrar through an HTTP proxy: http://proxy.example.net:3128. Empty: directly.',
        ],
        'DesignatedAgent' => [
            'FriendlyName' => 'Designated Agent',
            'Type' => 'dropdown',
            'Options' => [
                'none' => 'None: old and new registrant confirm by e-mail',
                'new' => 'Act for the new registrant',
                'old' => 'Act for the old registrant',
                'both' => 'Act for both: changes of the registrant take effect at once',
            ],
            'Default' => 'none',
            'Description' => 'Who confirms a change of the registrant (IRTP) of a generic domain, as it comes with the contacts that a '
                . 'transferred domain is given. Your terms of service must entitle you to act for your customers.',
        ],
        'AutomaticTransferLock' => [
            'FriendlyName' => 'Automatic transfer lock',
            'Type' => 'yesno',
            'Default' => 'on',
            'Description' => 'Lock domains against transfers once they are registered or have been transferred in, where the extension '
                . 'has a lock.',
        ],
        'TransferNameservers' => [
            'FriendlyName' => 'Nameservers after transfer',
            'Type' => 'yesno',
            'Default' => 'on',
            'Description' => 'Give a transferred domain the nameservers of its order. Off: it keeps those that it has.',
        ],
        'TransferContacts' => [
            'FriendlyName' => 'Contacts after transfer',
            'Type' => 'yesno',
            'Default' => 'on',
            'Description' => 'Give a transferred .com, .net, .cc or .tv domain the contacts of its order: what the former registrar '
                . 'published of them is mostly hidden.',
        ],
        'TransferPreCheck' => [
            'FriendlyName' => 'Check transfers at checkout',
            'Type' => 'yesno',
            'Default' => 'on',
            'Description' => 'Ask the registrar in the cart whether a domain can be transferred (auth code, lock, age), before it is paid for.',
        ],
        'SyncIdProtection' => [
            'FriendlyName' => 'Synchronise ID protection',
            'Type' => 'yesno',
            'Default' => 'on',
            'Description' => 'Let the synchronisation correct the ID protection flag of WHMCS\'s domains, and the price import that of the '
                . 'extensions that it imports for this module, to what the registrar says.',
        ],
        'SuspendOnExpiration' => [
            'FriendlyName' => 'Suspend after expiration',
            'Type' => 'yesno',
            'Default' => '',
            'Description' => 'Take domains off the net (clientHold) once they have expired, until they are renewed.',
        ],
        'DefaultTtl' => [
            'FriendlyName' => 'Default TTL',
            'Type' => 'text',
            'Size' => '8',
            'Default' => '28800',
            'Description' => 'Seconds for which DNS records may be cached, where none are given. For the page of DNS records, which this '
                . 'version does not have yet: the zone that comes with a registration has the registrar\'s own times.',
        ],
        'OfferDnssec' => [
            'FriendlyName' => 'Offer DNSSEC',
            'Type' => 'yesno',
            'Default' => '',
            'Description' => 'Let customers manage the DNSSEC keys of their domains. Kept for the page that does it: this version does not '
                . 'have it yet.',
        ],
        'OfferWebApps' => [
            'FriendlyName' => 'Offer web apps',
            'Type' => 'yesno',
            'Default' => '',
            'Description' => 'Let customers connect their domains to web apps (shops, site builders) that the registrar knows. Kept for the '
                . 'page that does it: this version does not have it yet.',
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

function wharf_GetDomainSuggestions($params)
{
    return Registrar::results(__FUNCTION__, $params);
}

function wharf_DomainSuggestionOptions($params = [])
{
    return Registrar::options(__FUNCTION__, $params);
}

function wharf_GetPremiumPrice($params)
{
    return Registrar::read(__FUNCTION__, $params);
}

function wharf_GetTldPricing($params)
{
    return Registrar::prices(__FUNCTION__, $params);
}

function wharf_RegisterDomain($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_TransferDomain($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_RenewDomain($params)
{
    return Registrar::renew(__FUNCTION__, $params);
}

function wharf_GetNameservers($params)
{
    return Registrar::read(__FUNCTION__, $params);
}

function wharf_SaveNameservers($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_GetRegistrarLock($params)
{
    return Registrar::lock(__FUNCTION__, $params);
}

function wharf_SaveRegistrarLock($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_GetDomainInformation($params)
{
    return Registrar::information(__FUNCTION__, $params);
}

function wharf_GetEPPCode($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_IDProtectToggle($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_ReleaseDomain($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_RequestDelete($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_Sync($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_TransferSync($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

if (!function_exists('wharf_AdminCustomButtonArray')) {
    function wharf_AdminCustomButtonArray($params = [])
    {
        return Wharf\Client::adminButtons(__FUNCTION__, (array) $params);
    }
}

function wharf_AdminDomainsTabFields($params)
{
    return Registrar::fields(__FUNCTION__, $params);
}

function wharf_AdminDomainsTabFieldsSave($params)
{
    return Registrar::save(__FUNCTION__, $params);
}

// The functions behind the buttons of the staff's domain page.

function wharf_SyncNow($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_ResendTransferMail($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_CancelTransfer($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_ApproveTransfer($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_DenyTransfer($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_SuspendDomain($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_UnsuspendDomain($params)
{
    return Registrar::change(__FUNCTION__, $params);
}

function wharf_SettleNow($params)
{
    return Registrar::change(__FUNCTION__, $params);
}
