<?php

// Stand-ins for what hooks find in WHMCS.
// phpcs:disable PSR1.Classes.ClassDeclaration.MultipleClasses

namespace {
    /** The registered hooks. */
    final class HookPoints
    {
        /** @var array<string, callable[]> */
        public static $at = [];

        /** @return array what all hooks of the point returned */
        public static function run(string $point, array $vars = []): array
        {
            return array_map(static function (callable $hook) use ($vars) {
                return $hook($vars);
            }, self::$at[$point] ?? []);
        }
    }

    function getRegistrarConfigOptions(string $module): array
    {
        return ['Username' => $module . '.user'];
    }

    function add_hook(string $point, int $priority, callable $hook): void
    {
        HookPoints::$at[$point][] = $hook;
    }
}

namespace WHMCS\Database {
    /** Of the query builder, as much as one column by one condition needs. */
    class Capsule
    {
        /** @var array<string, string> extension → registrar module */
        public static $autoreg = [];
        private $extension = '';

        public static function table(string $table): self
        {
            if ($table !== 'tbldomainpricing') {
                throw new \LogicException('no table ' . $table);
            }
            return new self();
        }

        public function where(string $column, string $value): self
        {
            $this->extension = $column === 'extension' ? $value : '';
            return $this;
        }

        public function value(string $column)
        {
            return $column === 'autoreg' ? (self::$autoreg[$this->extension] ?? null) : null;
        }
    }
}
