<?php

declare(strict_types=1);

namespace SandboxHost;

/** Which hook points belong to which module function. */
final class HookNames
{
    private const REGISTRAR = [
        'registerdomain' => ['RegisterDomain', 'Register', 'Registration', 'RegistrationFailed'],
        'transferdomain' => ['TransferDomain', 'Transfer', null, 'TransferFailed'],
        'renewdomain' => ['RenewDomain', 'Renew', 'Renewal', 'RenewalFailed'],
        'getcontactdetails' => ['GetContactDetails', 'GetContactDetails', null, null],
        'getdns' => ['GetDNS', 'GetDNS', null, null],
        'geteppcode' => ['GetEPPCode', 'GetEPPCode', null, null],
        'getnameservers' => ['GetNameservers', 'GetNameservers', null, null],
        'requestdelete' => ['RequestDelete', 'RequestDelete', null, null],
        'savecontactdetails' => ['SaveContactDetails', 'SaveContactDetails', null, null],
        'savedns' => ['SaveDNS', 'SaveDNS', null, null],
        'savenameservers' => ['SaveNameservers', 'SaveNameservers', null, null],
    ];

    private const SERVER = [
        'createaccount' => 'Create',
        'suspendaccount' => 'Suspend',
        'unsuspendaccount' => 'Unsuspend',
        'terminateaccount' => 'Terminate',
        'renew' => 'Renew',
        'changepassword' => 'ChangePassword',
        'changepackage' => 'ChangePackage',
        'provisionaddonfeature' => 'ProvisionAddOnFeature',
        'suspendaddonfeature' => 'SuspendAddOnFeature',
        'unsuspendaddonfeature' => 'UnsuspendAddOnFeature',
        'deprovisionaddonfeature' => 'DeprovisionAddOnFeature',
    ];

    /** Functions that only tell something; every other one of a module is a custom command. */
    private const SILENT = [
        'metadata', 'configoptions', 'testconnection', 'adminlink', 'loginlink', 'servicesinglesignon',
        'adminsinglesignon', 'clientarea', 'clientareacustombuttonarray', 'clientareaallowedfunctions',
        'admincustombuttonarray', 'adminservicestabfields', 'adminservicestabfieldssave', 'usageupdate', 'metricprovider',
        'listaccounts', 'getusercount', 'getremotemetadata', 'renderremotemetadata', 'customactions', 'config',
    ];

    /** @return array{pre: string, after: string, done: string|null, failed: string|null}|null */
    public static function registrar(string $function): ?array
    {
        $names = self::REGISTRAR[strtolower($function)] ?? null;
        if ($names === null) {
            return null;
        }
        return [
            'pre' => 'PreRegistrar' . $names[0],
            'after' => 'AfterRegistrar' . $names[1],
            'done' => $names[2] === null ? null : 'AfterRegistrar' . $names[2],
            'failed' => $names[3] === null ? null : 'AfterRegistrar' . $names[3],
        ];
    }

    public static function server(string $function, bool $exists): ?string
    {
        $function = strtolower($function);
        if (isset(self::SERVER[$function])) {
            return self::SERVER[$function];
        }
        return !$exists || in_array($function, self::SILENT, true) ? null : 'Custom';
    }
}
