<?php

// Stand-ins with the documented members only: a module that calls anything else fails its test.
// phpcs:disable PSR1.Classes.ClassDeclaration.MultipleClasses

namespace WHMCS\Module\Server {
    final class CustomAction
    {
        public $identifier;
        public $display;
        public $callable;
        public $params;
        public $permissions;

        public static function factory($identifier, $display, $callable, $params = [], $permissions = []): self
        {
            $action = new self();
            [$action->identifier, $action->display, $action->callable] = [$identifier, $display, $callable];
            [$action->params, $action->permissions] = [$params, $permissions];
            return $action;
        }
    }

    final class CustomActionCollection
    {
        /** @var CustomAction[] */
        public $all = [];

        public function add($action)
        {
            $this->all[] = $action;
            return $this;
        }
    }
}

namespace WHMCS\UsageBilling\Contracts\Metrics {
    interface MetricInterface
    {
        public const TYPE_SNAPSHOT = 'snapshot';
        public const TYPE_PERIOD_DAY = 'day';
        public const TYPE_PERIOD_MONTH = 'month';
    }

    interface ProviderInterface
    {
        public function metrics();

        public function usage();

        public function tenantUsage($tenant);
    }
}

namespace WHMCS\UsageBilling\Metrics {
    final class Usage
    {
        public $value;

        public function __construct($value)
        {
            $this->value = $value;
        }
    }

    final class Metric implements \WHMCS\UsageBilling\Contracts\Metrics\MetricInterface
    {
        private $of;
        private $usage;

        public function __construct($systemName, $displayName, $type, $units)
        {
            $this->of = [$systemName, $displayName, $type, (new \ReflectionClass($units))->getShortName()];
        }

        public function withUsage(Usage $usage): self
        {
            $copy = clone $this;
            $copy->usage = $usage->value;
            return $copy;
        }

        public function told(): array
        {
            return array_merge($this->of, [$this->usage]);
        }
    }
}

namespace WHMCS\UsageBilling\Metrics\Units {
    final class WholeNumber
    {
    }

    final class GigaBytes
    {
    }
}
