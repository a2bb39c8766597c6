<?php

declare(strict_types=1);

namespace SandboxHost;

use PDO;
use PDOException;
use PDOStatement;

/**
 * SQLite as modules written for MySQL want it: MySQL's functions, the most used of its own syntax, and
 * transactions that take the write lock at once, so that two writers wait for each other instead of failing.
 */
final class SqlitePdo extends PDO
{
    private bool $open = false;

    public function __construct(string $file)
    {
        parent::__construct('sqlite:' . $file, null, null, [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_TIMEOUT => 5,
        ]);
        parent::exec('PRAGMA synchronous = NORMAL');
        SqlFunctions::register($this);
    }

    public function beginTransaction(): bool
    {
        if ($this->open) {
            throw new PDOException('There is already an active transaction');
        }
        parent::exec('BEGIN IMMEDIATE');
        return $this->open = true;
    }

    public function commit(): bool
    {
        return $this->end('COMMIT');
    }

    public function rollBack(): bool
    {
        return $this->end('ROLLBACK');
    }

    public function inTransaction(): bool
    {
        return $this->open;
    }

    /** Whether a transaction is open by whatever means, raw `BEGIN` included: a second one is refused then. */
    public function holdsTransaction(): bool
    {
        if ($this->open) {
            return true;
        }
        try {
            parent::exec('BEGIN');
            parent::exec('ROLLBACK');
            return false;
        } catch (PDOException $e) {
            return strpos($e->getMessage(), 'within a transaction') !== false;
        }
    }

    public function prepare(string $query, array $options = []): PDOStatement|false
    {
        return parent::prepare(MySqlDialect::translate($query), $options);
    }

    public function query(string $query, ?int $fetchMode = null, mixed ...$fetchModeArgs): PDOStatement|false
    {
        $query = MySqlDialect::translate($query);
        return $fetchMode === null ? parent::query($query) : parent::query($query, $fetchMode, ...$fetchModeArgs);
    }

    public function exec(string $statement): int|false
    {
        return parent::exec(MySqlDialect::translate($statement));
    }

    private function end(string $how): bool
    {
        if (!$this->open) {
            throw new PDOException('There is no active transaction');
        }
        $this->open = false;
        parent::exec($how);
        return true;
    }
}
