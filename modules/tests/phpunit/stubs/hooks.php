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
        /** @var array<string, int> extension → whether ID protection is offered, as it was written */
        public static $idProtection = [];
        /** @var array<int, array> product → its row */
        public static $products = [];
        /** @var array{string, array}[] statements with their values */
        public static $updates = [];
        private $id;
        private $extension = '';
        private $module;

        public static function table(string $table): self
        {
            if (!in_array($table, ['tbldomainpricing', 'tblproducts'], true)) {
                throw new \LogicException('no table ' . $table);
            }
            return new self();
        }

        public static function connection(): object
        {
            return new class {
                public function update(string $sql, array $values): int
                {
                    Capsule::$updates[] = [$sql, $values];
                    return count($values);
                }
            };
        }

        public function first(): ?object
        {
            return isset(self::$products[$this->id]) ? (object) self::$products[$this->id] : null;
        }

        public function where(string $column, $value): self
        {
            if ($column === 'id') {
                $this->id = $value;
            } elseif ($column === 'autoreg') {
                $this->module = $value;
            } else {
                $this->extension = $column === 'extension' ? $value : '';
            }
            return $this;
        }

        public function value(string $column)
        {
            return $column === 'autoreg' ? (self::$autoreg[$this->extension] ?? null) : null;
        }

        public function update(array $values): int
        {
            if ((self::$autoreg[$this->extension] ?? null) !== $this->module) {
                return 0;
            }
            self::$idProtection[$this->extension] = $values['idprotection'];
            return 1;
        }
    }
}
