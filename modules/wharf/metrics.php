<?php

/**
 * Usage billing: the counters that connectors name, as WHMCS's metrics. Loaded only where WHMCS has them.
 */

namespace Wharf;

use WHMCS\UsageBilling\Contracts\Metrics\MetricInterface;
use WHMCS\UsageBilling\Contracts\Metrics\ProviderInterface;
use WHMCS\UsageBilling\Metrics\Metric;
use WHMCS\UsageBilling\Metrics\Units;
use WHMCS\UsageBilling\Metrics\Usage;

final class Metrics implements ProviderInterface
{
    private const PERIODS = [
        'day' => MetricInterface::TYPE_PERIOD_DAY,
        'month' => MetricInterface::TYPE_PERIOD_MONTH,
    ];

    private $function;
    private $params;

    /** @param array $params of the server; empty where there is none */
    public function __construct(string $function, array $params)
    {
        $this->function = $function;
        $this->params = $params;
    }

    /** @return Metric[] what there is to be billed; nothing while Wharf cannot be asked */
    public function metrics()
    {
        try {
            return array_values($this->named((array) Client::read('server', $this->function, ['describe' => true] + $this->params)));
        } catch (Failure $failure) {
            return [];
        }
    }

    /**
     * @return array<string, Metric[]> tenant → its metrics
     * @throws Failure
     */
    public function usage()
    {
        return $this->used((array) Client::change('server', $this->function, $this->params));
    }

    /**
     * @return Metric[]
     * @throws Failure
     */
    public function tenantUsage($tenant)
    {
        $tenant = (string) $tenant;
        $answer = (array) Client::change('server', $this->function, ['tenant' => $tenant] + $this->params);
        return $this->used($answer)[$tenant] ?? [];
    }

    /** @return array<string, Metric[]> */
    private function used(array $answer): array
    {
        if (isset($answer['error'])) {
            throw new Failure((string) $answer['error']);
        }
        $metrics = $this->named($answer);
        $tenants = [];
        foreach ((array) ($answer['tenants'] ?? []) as $tenant => $values) {
            foreach ((array) $values as $name => $value) {
                if (isset($metrics[$name])) {
                    $tenants[(string) $tenant][] = $metrics[$name]->withUsage(new Usage($value));
                }
            }
        }
        return $tenants;
    }

    /** @return array<string, Metric> */
    private function named(array $answer): array
    {
        $metrics = [];
        foreach ((array) ($answer['metrics'] ?? []) as $metric) {
            $metrics[(string) $metric['name']] = new Metric(
                (string) $metric['name'],
                (string) $metric['title'],
                self::PERIODS[$metric['period'] ?? ''] ?? MetricInterface::TYPE_SNAPSHOT,
                self::unit((string) ($metric['unit'] ?? ''))
            );
        }
        return $metrics;
    }

    private static function unit(string $unit)
    {
        switch ($unit) {
            case 'accounts':
                return new Units\Accounts();
            case 'domains':
                return new Units\Domains();
            case 'bytes':
                return new Units\Bytes();
            case 'kilobytes':
                return new Units\KiloBytes();
            case 'megabytes':
                return new Units\MegaBytes();
            case 'gigabytes':
                return new Units\GigaBytes();
            case 'decimal':
                return new Units\FloatingPoint();
            default:
                return new Units\WholeNumber();
        }
    }
}
