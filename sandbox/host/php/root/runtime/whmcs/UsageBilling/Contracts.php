<?php

// What a metric provider implements; see the provisioning contract.

namespace WHMCS\UsageBilling\Contracts\Metrics {

    interface MetricInterface
    {
        public const TYPE_SNAPSHOT = 'snapshot';
        public const TYPE_PERIOD_DAY = 'day';
        public const TYPE_PERIOD_MONTH = 'month';

        public function systemName();

        public function displayName();

        public function type();

        public function units();

        public function usage();

        public function withUsage(?UsageInterface $usage = null);
    }

    interface ProviderInterface
    {
        public function metrics();

        public function usage();

        public function tenantUsage($tenant);
    }

    interface UnitInterface
    {
        public function name();

        public function perUnitName($value);

        public function type();
    }

    interface UsageInterface
    {
        public function value();
    }
}
