<?php

// What modules call to make the host do something to a service or a domain; all of it is the host's own API.

use SandboxHost\Module;

function ServerCreateAccount($serviceId)
{
    return moduleCommand('ModuleCreate', $serviceId);
}

function ServerSuspendAccount($serviceId, $reason = '')
{
    return moduleCommand('ModuleSuspend', $serviceId, ['suspendreason' => $reason]);
}

function ServerUnsuspendAccount($serviceId)
{
    return moduleCommand('ModuleUnsuspend', $serviceId);
}

function ServerTerminateAccount($serviceId)
{
    return moduleCommand('ModuleTerminate', $serviceId);
}

function ServerChangePackage($serviceId)
{
    return moduleCommand('ModuleChangePackage', $serviceId);
}

function RegRegisterDomain($params)
{
    return registrarCommand('DomainRegister', $params);
}

function RegRenewDomain($params)
{
    return registrarCommand('DomainRenew', $params);
}

function RegGetNameservers($params)
{
    return registrarCommand('DomainGetNameservers', $params);
}

function getRegistrarFunctions($registrar)
{
    return Module::load('registrar', (string) $registrar)->functions();
}

function moduleCommand($action, $serviceId, array $values = [])
{
    $answer = localAPI($action, ['serviceid' => (int) $serviceId] + $values);
    return ($answer['result'] ?? '') === 'success' ? 'success' : (string) ($answer['message'] ?? 'no answer');
}

function registrarCommand($action, $params)
{
    $answer = localAPI($action, ['domainid' => (int) ($params['domainid'] ?? 0)]);
    return ($answer['result'] ?? '') === 'success' ? $answer : ['error' => (string) ($answer['message'] ?? 'no answer')];
}
