<?php

declare(strict_types=1);

namespace SandboxHost;

/** The installation's one connection. Capsule, Eloquent, the legacy functions and the host itself share it. */
final class Database
{
    private static ?SqlitePdo $pdo = null;

    /** @var array<string, list<string>> */
    private static array $columns = [];

    public static function pdo(): SqlitePdo
    {
        if (self::$pdo === null) {
            self::$pdo = new SqlitePdo(Host::$database);
        }
        return self::$pdo;
    }

    public static function close(): void
    {
        self::$pdo = null;
        self::$columns = [];
    }

    /**
     * @param list<mixed> $bindings
     * @return list<array<string, mixed>> none when the table is missing
     */
    public static function rows(string $sql, array $bindings = []): array
    {
        try {
            $statement = self::pdo()->prepare($sql);
            $statement->execute($bindings);
            return $statement->fetchAll(\PDO::FETCH_ASSOC);
        } catch (\PDOException $e) {
            if (strpos($e->getMessage(), 'no such table') !== false) {
                return [];
            }
            throw $e;
        }
    }

    /**
     * @param list<mixed> $bindings
     * @return array<string, mixed>|null
     */
    public static function row(string $sql, array $bindings = []): ?array
    {
        return self::rows($sql, $bindings)[0] ?? null;
    }

    /** @param list<mixed> $bindings */
    public static function value(string $sql, array $bindings = []): mixed
    {
        $row = self::row($sql, $bindings);
        return $row === null ? null : reset($row);
    }

    /** @param list<mixed> $bindings */
    public static function run(string $sql, array $bindings = []): int
    {
        $statement = self::pdo()->prepare($sql);
        $statement->execute($bindings);
        return $statement->rowCount();
    }

    /**
     * Writes the columns that the table has; installations differ in the minor ones.
     *
     * @param array<string, mixed> $row
     */
    public static function insert(string $table, array $row): int
    {
        $row = array_intersect_key($row, array_flip(self::columns($table)));
        $names = implode(', ', array_map(static fn (string $name): string => '"' . $name . '"', array_keys($row)));
        $marks = implode(', ', array_fill(0, count($row), '?'));
        self::run('INSERT INTO "' . $table . '" (' . $names . ') VALUES (' . $marks . ')', array_values($row));
        return (int) self::pdo()->lastInsertId();
    }

    /** @return list<string> */
    public static function columns(string $table): array
    {
        if (!isset(self::$columns[$table])) {
            self::$columns[$table] = array_column(
                self::rows('SELECT name FROM pragma_table_info(?)', [$table]),
                'name'
            );
        }
        return self::$columns[$table];
    }
}
