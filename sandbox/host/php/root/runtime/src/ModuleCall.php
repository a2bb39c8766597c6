<?php

declare(strict_types=1);

namespace SandboxHost;

use WHMCS\Module\Server\CustomAction;
use WHMCS\Module\Server\CustomActionCollection;
use WHMCS\UsageBilling\Contracts\Metrics\ProviderInterface;

/** One function of one module with the hooks around it. */
final class ModuleCall
{
    /** @param array<string, mixed> $params */
    public function __construct(
        private readonly Module $module,
        private readonly string $function,
        private array $params
    ) {
    }

    public function exists(): bool
    {
        return $this->module->callable($this->function) !== null;
    }

    public function run(): mixed
    {
        switch ($this->module->kind) {
            case 'registrar':
                $value = $this->withRegistrarHooks();
                break;
            case 'server':
                $value = $this->withServerHooks();
                break;
            default:
                $value = $this->plain();
        }
        if (is_object($value)) {
            return $this->asked($value);
        }
        return Templates::page($this->module, $this->function, $value, $this->params);
    }

    /** Objects that can do something are asked here, since they cannot leave this request. */
    private function asked(object $value): mixed
    {
        if ($value instanceof CustomActionCollection && isset($this->params['_invoke'])) {
            $action = $value->first(
                fn (CustomAction $action): bool => $action->getIdentifier() === $this->params['_invoke']
            );
            return $action === null ? null : $action->invokeCallable();
        }
        if ($value instanceof ProviderInterface) {
            if (isset($this->params['_usage'])) {
                return $value->usage();
            }
            return isset($this->params['_tenant']) ? $value->tenantUsage($this->params['_tenant']) : $value->metrics();
        }
        return $value;
    }

    private function plain(): mixed
    {
        $callable = $this->module->callable($this->function);
        return $callable === null ? null : $callable($this->params);
    }

    private function withRegistrarHooks(): mixed
    {
        $hooks = HookNames::registrar($this->function);
        if ($hooks === null) {
            return $this->plain();
        }
        $aborted = $this->abortedByRegistrarHook($hooks['pre']);
        $error = null;
        try {
            $results = $aborted ?? $this->plain();
        } catch (\Throwable $error) {
            $results = ['error' => $error->getMessage()];
        }
        $failed = is_array($results) && !empty($results['error']);
        run_hook($hooks['after'], [
            'params' => $this->params,
            'results' => $results,
            'functionExists' => $this->exists(),
            'functionSuccessful' => $this->exists() && !$failed,
        ]);
        if ($failed && $hooks['failed'] !== null) {
            run_hook($hooks['failed'], ['params' => $this->params, 'error' => (string) $results['error']]);
        } elseif (!$failed && $hooks['done'] !== null && $this->exists()) {
            run_hook($hooks['done'], ['params' => $this->params]);
        }
        if ($error !== null) {
            throw $error;
        }
        return $results;
    }

    /** @return array<string, mixed>|null what stands in for the module's answer when a hook forbids the call */
    private function abortedByRegistrarHook(string $point): ?array
    {
        foreach (run_hook($point, ['params' => $this->params]) as $result) {
            if (!is_array($result)) {
                continue;
            }
            if (!empty($result['abortWithError'])) {
                return ['error' => (string) $result['abortWithError']];
            }
            if (!empty($result['abortWithSuccess'])) {
                return ['success' => true];
            }
        }
        return null;
    }

    private function withServerHooks(): mixed
    {
        $base = HookNames::server($this->function, $this->exists());
        if ($base === null) {
            return $this->plain();
        }
        foreach (run_hook('PreModule' . $base, ['params' => $this->params]) as $result) {
            if (!is_array($result)) {
                continue;
            }
            if (!empty($result['abortcmd'])) {
                return 'Stopped by a PreModule' . $base . ' hook';
            }
            $this->params = array_replace($this->params, $result);
        }
        $error = null;
        try {
            $value = $this->plain();
        } catch (\Throwable $error) {
            $value = $error->getMessage();
        }
        if ($this->exists()) {
            $this->tellServerResult($base, $value);
        }
        if ($error !== null) {
            throw $error;
        }
        return $value;
    }

    private function tellServerResult(string $base, mixed $value): void
    {
        $done = $value === 'success' || ($base === 'Custom' && ($value === null || $value === '' || is_array($value)));
        if (!$done) {
            $text = is_scalar($value) ? (string) $value : 'The module did not return a text';
            run_hook("AfterModule{$base}Failed", ['params' => $this->params, 'failureResponseMessage' => $text]);
        } elseif ($base === 'ChangePassword') {
            run_hook('AfterModuleChangePassword', [
                'serviceid' => $this->params['serviceid'] ?? 0,
                'oldpassword' => $this->params['oldpassword'] ?? '',
                'newpassword' => $this->params['password'] ?? '',
            ]);
        } else {
            run_hook('AfterModule' . $base, ['params' => $this->params]);
        }
    }
}
