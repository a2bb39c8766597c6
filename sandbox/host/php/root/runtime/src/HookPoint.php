<?php

declare(strict_types=1);

namespace SandboxHost;

/** Runs a hook point for the host: plain variables become the models that its listeners expect. */
final class HookPoint
{
    /** variable name → model, per point */
    private const MODELS = [
        'InvoicePaid' => ['invoice' => [\WHMCS\Billing\Invoice::class, 'invoiceid']],
        'UserLogin' => ['user' => [\WHMCS\User\User::class, 'user_id']],
        'UserLogout' => ['user' => [\WHMCS\User\User::class, 'user_id']],
        'ClientAreaDomainDetailsOutput' => ['domain' => [\WHMCS\Domain\Domain::class, 'domainid']],
        'ClientAreaProductDetailsOutput' => ['service' => [\WHMCS\Service\Service::class, 'serviceid']],
        'ClientAlert' => ['' => [\WHMCS\User\Client::class, 'clientid']],
    ];

    /**
     * @param array<string, mixed> $vars
     * @return list<mixed>|array<string, mixed>
     */
    public static function run(string $point, array $vars): array
    {
        foreach (self::MODELS[$point] ?? [] as $name => [$class, $key]) {
            $id = (int) ($vars[$key] ?? $vars[$name]['id'] ?? $vars['userid'] ?? 0);
            if ($id === 0) {
                continue;
            }
            if ($name === '') {
                return Hooks::run($point, [$class::findOrEmpty($id)]);
            }
            $vars[$name] = $class::findOrEmpty($id);
        }
        if (isset($vars['__menu'])) {
            return self::menu($point, (array) $vars['__menu']);
        }
        if ($point === 'AuthAdmin' || $point === 'PostAutomationTask') {
            return Hooks::run($point, array_values($vars));
        }
        return Hooks::run($point, [$vars]);
    }

    /**
     * Menu points get an item to change: the tree comes as `__menu` and goes back changed.
     *
     * @param array<string, mixed> $tree
     * @return array<string, mixed>
     */
    private static function menu(string $point, array $tree): array
    {
        $menu = \WHMCS\View\Menu\Item::fromTree($tree);
        \Menu::hold($point, $menu);
        Hooks::run($point, in_array($point, ['ClientAreaSidebars', 'ClientAreaNavbars'], true) ? [] : [$menu]);
        return $menu->toTree();
    }
}
