<?php

/**
 * Hooks of the modules, for every name under which they are installed. Only closures: whatever else is loaded, no name
 * meets another.
 */

namespace Wharf;

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

final class Hooks
{
    /** @var array<string, true> the modules whose hooks are registered */
    private static $registered = [];

    public static function registrar(string $module): void
    {
        if (isset(self::$registered[$module])) {
            return;
        }
        self::$registered[$module] = true;
        // The customer enters auth codes here; they are not in the cart before this form is accepted.
        \add_hook('ShoppingCartValidateDomainsConfig', 1, static function ($vars) use ($module) {
            return self::refusals($module, (array) ($vars['epp'] ?? []));
        });
        \add_hook('ShoppingCartValidateCheckout', 1, static function () use ($module) {
            return self::refusals($module, []);
        });
        \add_hook('TopLevelDomainUpdate', 1, static function ($vars) use ($module) {
            self::flagIdProtection($module, (array) ($vars['modifiedTlds'] ?? []));
        });
        \add_hook('DailyCronJob', 1, static function () use ($module) {
            self::ask('change', $module, 'DailyCron', []);
        });
    }

    /**
     * Why transfers in the cart would be refused. Nothing is said when Wharf cannot be asked: the order is not lost.
     *
     * @param array $codes position in the cart → auth code that was just entered
     * @return string[]
     */
    private static function refusals(string $module, array $codes): array
    {
        $refusals = [];
        foreach ((array) ($_SESSION['cart']['domains'] ?? []) as $position => $item) {
            $domain = is_array($item) && ($item['type'] ?? '') === 'transfer' ? (string) ($item['domain'] ?? '') : '';
            if ($domain === '' || !self::isFor($module, $domain)) {
                continue;
            }
            $code = (string) ($codes[$position] ?? $item['eppcode'] ?? '');
            $answer = self::ask('read', $module, 'CartTransferCheck', ['domain' => $domain, 'eppcode' => $code]);
            if (($answer['possible'] ?? true) === false) {
                $refusals[] = (string) ($answer['reason'] ?? $domain . ' cannot be transferred.');
            }
        }
        return $refusals;
    }

    /**
     * Whether ID protection is offered for extensions, which the price import has no field for. Only of those that
     * WHMCS sends to the module.
     *
     * @param string[] $extensions
     */
    private static function flagIdProtection(string $module, array $extensions): void
    {
        $flags = $extensions === [] ? [] : self::ask('read', $module, 'TldIdProtection', ['tlds' => array_values($extensions)]);
        foreach ((array) ($flags['idProtection'] ?? []) as $extension => $offered) {
            Capsule::table('tbldomainpricing')->where('extension', $extension)->where('autoreg', $module)
                ->update(['idprotection' => $offered ? 1 : 0]);
        }
    }

    /** Whether WHMCS sends domains of this extension to the module. */
    private static function isFor(string $module, string $domain): bool
    {
        $labels = explode('.', strtolower($domain));
        while (count($labels) > 1) {
            array_shift($labels);
            $registrar = Capsule::table('tbldomainpricing')->where('extension', '.' . implode('.', $labels))->value('autoreg');
            if ($registrar !== null) {
                return $registrar === $module;
            }
        }
        return false;
    }

    /** The module's settings, which WHMCS gives to functions and not to hooks. */
    private static function settings(string $module): array
    {
        $functions = defined('ROOTDIR') ? ROOTDIR . '/includes/registrarfunctions.php' : '';
        if (!function_exists('getRegistrarConfigOptions') && is_file($functions)) {
            require_once $functions;
        }
        // Without them Wharf goes by those that it saw last.
        return function_exists('getRegistrarConfigOptions') ? (array) \getRegistrarConfigOptions($module) : [];
    }

    /** What Wharf answers; nothing when it does not, or has no such function. */
    private static function ask(string $how, string $module, string $function, array $params): array
    {
        require_once __DIR__ . '/client.php';
        try {
            return (array) Client::$how('registrar', $module . '_' . $function, $params + self::settings($module));
        } catch (Failure $failure) {
            if (function_exists('logModuleCall')) {
                logModuleCall($module, $function, '', $failure->getMessage(), '', []);
            }
            return [];
        }
    }
}
