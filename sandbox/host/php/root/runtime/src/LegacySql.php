<?php

declare(strict_types=1);

namespace SandboxHost;

/** `select_query` and its kin: conditions and values as maps, everything bound. */
final class LegacySql
{
    private const OPERATORS = ['NEQ' => '!=', '>' => '>', '<' => '<', '>=' => '>=', '<=' => '<='];

    /** @var \WeakMap<\PDOStatement, int>|null */
    private static ?\WeakMap $counts = null;

    public static function select(
        string $table,
        mixed $fields,
        mixed $where,
        mixed $sort,
        mixed $order,
        mixed $limit,
        mixed $join
    ): \PDOStatement {
        $fields = is_array($fields) ? implode(', ', $fields) : (string) $fields;
        $from = ' FROM ' . self::name($table) . ($join ? ' INNER JOIN ' . $join : '');
        [$condition, $bindings] = self::where($where);
        $tail = $sort ? ' ORDER BY ' . self::order((string) $sort, (string) $order) : '';
        $cut = (string) $limit !== '' ? ' LIMIT ' . preg_replace('/[^0-9,]/', '', (string) $limit) : '';
        $pdo = Database::pdo();
        $statement = $pdo->prepare('SELECT ' . ($fields === '' ? '*' : $fields) . $from . $condition . $tail . $cut);
        $statement->execute($bindings);
        // SQLite tells the number of rows only by reading them.
        $counted = $pdo->prepare('SELECT COUNT(*) FROM (SELECT 1' . $from . $condition . $cut . ')');
        $counted->execute($bindings);
        self::$counts ??= new \WeakMap();
        self::$counts[$statement] = (int) $counted->fetchColumn();
        return $statement;
    }

    public static function count(mixed $result): int
    {
        return $result instanceof \PDOStatement ? (self::$counts[$result] ?? 0) : 0;
    }

    /** @param array<string, mixed> $values */
    public static function update(string $table, array $values, mixed $where): bool
    {
        [$sets, $bindings] = self::values($values);
        [$condition, $more] = self::where($where);
        $pair = static fn (string $name, string $mark): string => $name . ' = ' . $mark;
        $pairs = array_map($pair, array_keys($sets), $sets);
        return Database::pdo()
            ->prepare('UPDATE ' . self::name($table) . ' SET ' . implode(', ', $pairs) . $condition)
            ->execute(array_merge($bindings, $more));
    }

    /** @param array<string, mixed> $values */
    public static function insert(string $table, array $values): int
    {
        [$sets, $bindings] = self::values($values);
        $names = implode(', ', array_keys($sets));
        $sql = 'INSERT INTO ' . self::name($table) . ' (' . $names . ') VALUES (' . implode(', ', $sets) . ')';
        Database::pdo()->prepare($sql)->execute($bindings);
        return (int) Database::pdo()->lastInsertId();
    }

    public static function delete(string $table, mixed $where): bool
    {
        [$condition, $bindings] = self::where($where);
        return Database::pdo()->prepare('DELETE FROM ' . self::name($table) . $condition)->execute($bindings);
    }

    /**
     * @param array<string, mixed> $values
     * @return array{array<string, string>, list<mixed>}
     */
    private static function values(array $values): array
    {
        $sets = [];
        $bindings = [];
        foreach ($values as $name => $value) {
            if ($value === 'now()') {
                $sets[self::name((string) $name)] = 'NOW()';
            } elseif (is_string($value) && preg_match('/^([+-])=(\d+(?:\.\d+)?)$/', $value, $match)) {
                $sets[self::name((string) $name)] = self::name((string) $name) . ' ' . $match[1] . ' ' . $match[2];
            } else {
                $sets[self::name((string) $name)] = '?';
                $bindings[] = $value;
            }
        }
        return [$sets, $bindings];
    }

    /** @return array{string, list<mixed>} */
    private static function where(mixed $where): array
    {
        if (!is_array($where)) {
            return [(string) $where === '' ? '' : ' WHERE ' . $where, []];
        }
        $conditions = [];
        $bindings = [];
        foreach ($where as $name => $value) {
            $sql = self::name((string) $name);
            if (!is_array($value)) {
                $conditions[] = $sql . ' = ?';
                $bindings[] = $value;
                continue;
            }
            $operator = strtoupper((string) ($value['sqltype'] ?? '='));
            $held = $value['value'] ?? ($value['values'] ?? '');
            if ($operator === 'LIKE') {
                $conditions[] = $sql . ' LIKE ?';
                $bindings[] = '%' . $held . '%';
            } elseif ($operator === 'IN') {
                $held = (array) $held;
                $conditions[] = $sql . ' IN (' . implode(', ', array_fill(0, count($held), '?')) . ')';
                $bindings = array_merge($bindings, array_values($held));
            } else {
                $conditions[] = $sql . ' ' . (self::OPERATORS[$operator] ?? '=') . ' ?';
                $bindings[] = $held;
            }
        }
        return [$conditions === [] ? '' : ' WHERE ' . implode(' AND ', $conditions), $bindings];
    }

    private static function order(string $sort, string $order): string
    {
        $direction = strtoupper($order) === 'DESC' ? ' DESC' : '';
        return implode(', ', array_map(
            static fn (string $name): string => preg_match('/[ ()]/', trim($name)) ? $name : self::name(trim($name)) . $direction,
            explode(',', str_replace('`', '', $sort))
        ));
    }

    private static function name(string $name): string
    {
        return '"' . str_replace(['"', '`', '.'], ['', '', '"."'], $name) . '"';
    }
}
