<?php

declare(strict_types=1);

namespace SandboxHost;

use WHMCS\Domains\Domain;

/** Completes plain parameters with the objects that modules expect in them. */
final class Parameters
{
    /**
     * @param array<string, mixed> $params
     * @return array<string, mixed>
     */
    public static function build(Module $module, string $function, array $params): array
    {
        $params['whmcsVersion'] = $params['whmcsVersion'] ?? Host::VERSION;
        switch ($module->kind) {
            case 'registrar':
                return self::registrar($params);
            case 'server':
                return self::server($module, $params);
            case 'gateway':
                return self::gateway($module, $params);
            default:
                return self::addon($module, $params);
        }
    }

    /**
     * @param array<string, mixed> $params
     * @return array<string, mixed>
     */
    private static function registrar(array $params): array
    {
        $name = (string) ($params['domain'] ?? $params['domainname'] ?? '');
        if ($name === '' && isset($params['sld'], $params['tld'])) {
            $name = $params['sld'] . '.' . ltrim((string) $params['tld'], '.');
        }
        if ($name === '' || strpos($name, '.') === false) {
            return $params + ['original' => $params];
        }
        $domain = isset($params['sld'], $params['tld'])
            ? new Domain((string) $params['sld'], (string) $params['tld'])
            : new Domain($name);
        $params += [
            'domain' => $name,
            'domainname' => $name,
            'sld' => $domain->getSecondLevel(),
            'tld' => $domain->getTopLevel(),
            'is_idn' => $domain->isIdn(),
            'domain_punycode' => $domain->toPunycode(),
            'sld_punycode' => $domain->getPunycodeSecondLevel(),
            'tld_punycode' => $domain->getPunycodeTopLevel(),
            'domainObj' => $domain,
        ];
        return $params + ['original' => $params];
    }

    /**
     * @param array<string, mixed> $params
     * @return array<string, mixed>
     */
    private static function server(Module $module, array $params): array
    {
        $params['moduletype'] = $params['moduletype'] ?? $module->name;
        $addon = (int) ($params['addonId'] ?? 0);
        $service = (int) ($params['serviceid'] ?? 0);
        if ($addon > 0) {
            $params['model'] = \WHMCS\Service\Addon::findOrEmpty($addon);
        } elseif ($service > 0) {
            $params['model'] = \WHMCS\Service\Service::findOrEmpty($service);
        }
        return self::withClient($params, 'clientsdetails');
    }

    /**
     * @param array<string, mixed> $params
     * @return array<string, mixed>
     */
    private static function gateway(Module $module, array $params): array
    {
        $params += ['systemurl' => Host::$systemUrl, 'paymentmethod' => $module->name];
        return self::withClient($params, 'clientdetails');
    }

    /**
     * @param array<string, mixed> $params
     * @return array<string, mixed>
     */
    private static function addon(Module $module, array $params): array
    {
        $language = Language::file($module->folder . '/lang/english.php', '_ADDONLANG');
        $chosen = $module->folder . '/lang/' . Host::language() . '.php';
        $language = Language::file($chosen, '_ADDONLANG') + $language;
        $GLOBALS['_ADDONLANG'] = $language;
        return $params + [
            'module' => $module->name,
            'modulelink' => defined('ADMINAREA') ? 'addonmodules.php?module=' . $module->name : 'index.php?m=' . $module->name,
            '_lang' => $language,
        ];
    }

    /**
     * @param array<string, mixed> $params
     * @return array<string, mixed>
     */
    private static function withClient(array $params, string $key): array
    {
        $id = (int) ($params[$key]['id'] ?? $params[$key]['userid'] ?? $params['userid'] ?? 0);
        if ($id > 0) {
            $params[$key] = ((array) ($params[$key] ?? [])) + ['id' => $id, 'userid' => $id];
            $params[$key]['model'] = \WHMCS\User\Client::findOrEmpty($id);
        }
        return $params;
    }
}
