<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use SandboxHost\MySqlDialect;

final class MySqlDialectTest extends TestCase
{
    /** @dataProvider statements */
    public function testTranslates(string $mysql, string $sqlite): void
    {
        self::assertSame($sqlite, MySqlDialect::translate($mysql));
    }

    /** @return iterable<string, array{string, string}> */
    public static function statements(): iterable
    {
        yield 'plain statements are not touched' => ['SELECT * FROM `t` WHERE a = 1;', 'SELECT * FROM `t` WHERE a = 1;'];
        yield 'ignore' => ['INSERT IGNORE INTO t VALUES (1)', 'INSERT OR IGNORE INTO t VALUES (1)'];
        yield 'duplicate key' => [
            'INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b), c = c + 1',
            'INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT DO UPDATE SET b = excluded.b, c = c + 1',
        ];
        yield 'row locks' => ['SELECT a FROM t WHERE id = ? FOR UPDATE', 'SELECT a FROM t WHERE id = ?'];
        yield 'interval function' => [
            'DELETE FROM t WHERE d < DATE_SUB(NOW(), INTERVAL 30 DAY)',
            "DELETE FROM t WHERE d < HOST_DATE_SHIFT(NOW(), -1 * 30, 'day')",
        ];
        yield 'interval operator' => [
            'SELECT * FROM t WHERE d > NOW() - INTERVAL 2 HOUR',
            "SELECT * FROM t WHERE d > HOST_DATE_SHIFT(NOW(), -1 * 2, 'hour')",
        ];
        yield 'the time' => [
            "UPDATE t SET a = CURRENT_TIMESTAMP, b = current_date(), c = 'CURRENT_TIMESTAMP' WHERE d < CURRENT_TIME",
            "UPDATE t SET a = NOW(), b = CURDATE(), c = 'CURRENT_TIMESTAMP' WHERE d < CURTIME()",
        ];
        yield 'truncate' => ['TRUNCATE TABLE t', 'DELETE FROM t'];
        yield 'transaction' => ['START TRANSACTION', 'BEGIN IMMEDIATE'];
        yield 'column added' => [
            'ALTER TABLE t ADD `x` INT(11) UNSIGNED NOT NULL AFTER `y`',
            'ALTER TABLE t ADD COLUMN `x` INT(11)',
        ];
    }

    public function testDatesShiftBothWays(): void
    {
        $pdo = \SandboxHost\Database::pdo();
        $row = $pdo->query("SELECT DATE_ADD('2030-01-31', INTERVAL 1 DAY) AS d")->fetch(PDO::FETCH_ASSOC);
        self::assertSame(['d' => '2030-02-01'], $row);
        self::assertSame('31.12.2030', $pdo->query("SELECT DATE_FORMAT('2030-12-31', '%d.%m.%Y')")->fetchColumn());
        self::assertSame('b,c', $pdo->query("SELECT SUBSTRING_INDEX('a,b,c', ',', -2)")->fetchColumn());
    }

    public function testShowColumnsLooksLikeMysql(): void
    {
        $rows = \SandboxHost\Database::pdo()->query("SHOW COLUMNS FROM `tblinvoices` LIKE 'total'")->fetchAll(PDO::FETCH_ASSOC);
        self::assertSame(['total'], array_column($rows, 'Field'));
    }

    public function testATransactionOfAnyKindIsSeen(): void
    {
        $pdo = \SandboxHost\Database::pdo();
        self::assertFalse($pdo->holdsTransaction());
        $pdo->query('BEGIN');
        self::assertTrue($pdo->holdsTransaction());
        $pdo->query('ROLLBACK');
        $pdo->beginTransaction();
        self::assertTrue($pdo->inTransaction() && $pdo->holdsTransaction());
        $pdo->rollBack();
        self::assertFalse($pdo->holdsTransaction());
    }
}
