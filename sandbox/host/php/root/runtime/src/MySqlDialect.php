<?php

declare(strict_types=1);

namespace SandboxHost;

/** Rewrites MySQL-only statements that public modules use. What it does not know goes to SQLite as it is. */
final class MySqlDialect
{
    private const TELLTALE = '/\b(?:SHOW|DESCRIBE|IGNORE|DUPLICATE|AUTO_INCREMENT|ENGINE|UNSIGNED|INTERVAL|TRUNCATE'
        . '|FOR\s+UPDATE|LOCK\s+IN|ENUM|CHARSET|COMMENT|MODIFY|SET\s+(?:NAMES|FOREIGN|SQL_MODE|SESSION|@@)'
        . '|CURRENT_(?:DATE|TIME|TIMESTAMP)|START\s+TRANSACTION|LOCK\s+TABLES|UNLOCK|AFTER)\b/i';

    public static function translate(string $sql): string
    {
        if (!preg_match(self::TELLTALE, $sql)) {
            return $sql;
        }
        $sql = trim(rtrim(trim($sql), ';'));
        $first = strtoupper((string) strtok($sql, " \t\r\n"));
        switch ($first) {
            case 'SHOW':
            case 'DESCRIBE':
            case 'DESC':
                return self::show($sql);
            case 'CREATE':
                return self::createTable($sql);
            case 'ALTER':
                return self::alterTable($sql);
            case 'TRUNCATE':
                return (string) preg_replace('/^TRUNCATE(?:\s+TABLE)?\s+/i', 'DELETE FROM ', $sql);
            case 'START':
                return 'BEGIN IMMEDIATE';
            case 'SET':
            case 'LOCK':
            case 'UNLOCK':
                return 'SELECT 1 WHERE 0';
            default:
                return self::statement($sql);
        }
    }

    private static function statement(string $sql): string
    {
        $sql = (string) preg_replace('/^INSERT\s+IGNORE\b/i', 'INSERT OR IGNORE', $sql);
        $sql = (string) preg_replace('/\s+(?:FOR\s+UPDATE|LOCK\s+IN\s+SHARE\s+MODE)\b(?:\s+SKIP\s+LOCKED)?/i', '', $sql);
        $sql = self::intervals(self::now($sql));
        if (preg_match('/^(.*?)\s+ON\s+DUPLICATE\s+KEY\s+UPDATE\s+(.*)$/is', $sql, $match)) {
            $set = preg_replace('/\bVALUES\s*\(\s*([`"\w]+)\s*\)/i', 'excluded.$1', $match[2]);
            $sql = $match[1] . ' ON CONFLICT DO UPDATE SET ' . $set;
        }
        return $sql;
    }

    /** SQLite's own words for the time know only the machine's. What stands in quotes is text. */
    private static function now(string $sql): string
    {
        $functions = ['CURRENT_TIMESTAMP' => 'NOW()', 'CURRENT_DATE' => 'CURDATE()', 'CURRENT_TIME' => 'CURTIME()'];
        return (string) preg_replace_callback(
            "/'(?:[^']|'')*'(*SKIP)(*FAIL)|\\b(CURRENT_(?:DATE|TIMESTAMP|TIME))\\b(?:\\s*\\(\\s*\\))?/i",
            static fn (array $m): string => $functions[strtoupper($m[1])],
            $sql
        );
    }

    /** `DATE_SUB(x, INTERVAL 3 DAY)` and `x - INTERVAL 3 DAY` become a function of the host's own. */
    private static function intervals(string $sql): string
    {
        $amount = '([-+]?\d+|\?|:\w+|[`"\w.]+)\s+(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)S?\b';
        $inner = '((?:[^(),]|\([^()]*\))+)';
        $sql = preg_replace_callback(
            '/\b(DATE_SUB|DATE_ADD|SUBDATE|ADDDATE)\s*\(\s*' . $inner . ',\s*INTERVAL\s+' . $amount . '\s*\)/i',
            static fn (array $m): string => self::shift($m[2], $m[1], $m[3], $m[4]),
            $sql
        );
        return (string) preg_replace_callback(
            '/((?:NOW|CURDATE|CURRENT_DATE|CURRENT_TIMESTAMP)\s*(?:\(\s*\))?|[`"\w.]+)\s*([-+])\s*INTERVAL\s+' . $amount . '/i',
            static fn (array $m): string => self::shift($m[1], $m[2] === '-' ? 'SUB' : 'ADD', $m[3], $m[4]),
            (string) $sql
        );
    }

    private static function shift(string $expression, string $direction, string $amount, string $unit): string
    {
        $sign = stripos($direction, 'SUB') === false ? '' : '-1 * ';
        return 'HOST_DATE_SHIFT(' . trim($expression) . ', ' . $sign . $amount . ", '" . strtolower($unit) . "')";
    }

    private static function show(string $sql): string
    {
        if (preg_match('/^SHOW\s+(?:FULL\s+)?TABLES(?:\s+LIKE\s+(\S+))?/i', $sql, $match)) {
            $like = isset($match[1]) ? ' AND name LIKE ' . self::likeText($match[1]) : '';
            return "SELECT name FROM sqlite_master WHERE type = 'table'" . $like . ' ORDER BY name';
        }
        $from = '/(?:COLUMNS|FIELDS|DESC(?:RIBE)?)\s+(?:FROM\s+|IN\s+)?[`"]?(\w+)[`"]?(?:\s+(?:LIKE\s+(\S+)|WHERE\s+(.*)))?/i';
        if (preg_match($from, $sql, $match)) {
            $where = '';
            if (!empty($match[2])) {
                $where = ' WHERE "Field" LIKE ' . self::likeText($match[2]);
            } elseif (!empty($match[3])) {
                $where = ' WHERE ' . $match[3];
            }
            return 'SELECT * FROM (SELECT name AS "Field", type AS "Type", CASE "notnull" WHEN 0 THEN \'YES\' ELSE \'NO\' END'
                . ' AS "Null", CASE pk WHEN 0 THEN \'\' ELSE \'PRI\' END AS "Key", dflt_value AS "Default", \'\' AS "Extra"'
                . ' FROM pragma_table_info(\'' . $match[1] . '\'))' . $where;
        }
        if (preg_match('/INDEX(?:ES)?\s+FROM\s+[`"]?(\w+)/i', $sql, $match)) {
            return 'SELECT name AS "Key_name" FROM pragma_index_list(\'' . $match[1] . '\')';
        }
        return 'SELECT 1 WHERE 0';
    }

    private static function likeText(string $text): string
    {
        return $text[0] === '"' ? "'" . str_replace("'", "''", trim($text, '"')) . "'" : $text;
    }

    private static function createTable(string $sql): string
    {
        $open = strpos($sql, '(');
        $close = strrpos($sql, ')');
        if ($open === false || $close === false || !preg_match('/^CREATE\s+(?:TEMPORARY\s+)?TABLE/i', $sql)) {
            return $sql;
        }
        $columns = [];
        $unique = [];
        $automatic = false;
        foreach (self::splitList(substr($sql, $open + 1, $close - $open - 1)) as $part) {
            $column = self::column($part);
            $automatic = $automatic || stripos($column, 'AUTOINCREMENT') !== false;
            if (preg_match('/^UNIQUE(?:\s+(?:KEY|INDEX))?\s*[`"]?\w*[`"]?\s*(\(.*\))$/is', $part, $match)) {
                $unique[] = 'UNIQUE ' . preg_replace('/\(\d+\)/', '', $match[1]);
            } elseif (preg_match('/^PRIMARY\s+KEY\s*(\(.*\))/is', $part, $match)) {
                $unique[] = 'PRIMARY KEY ' . $match[1];
            } elseif (!preg_match('/^(?:KEY|INDEX|FULLTEXT|SPATIAL)\b/i', $part)) {
                $columns[] = $column;
            }
        }
        if ($automatic) {
            $unique = array_filter($unique, static fn (string $one): bool => strpos($one, 'PRIMARY') !== 0);
        }
        // What follows the closing bracket (ENGINE, CHARSET, COMMENT) has no meaning here.
        return substr($sql, 0, $open + 1) . implode(', ', array_merge($columns, $unique)) . ')';
    }

    private static function alterTable(string $sql): string
    {
        if (preg_match('/^(ALTER\s+TABLE\s+\S+)\s+ADD\s+(?:COLUMN\s+)?(?!INDEX|KEY|UNIQUE|PRIMARY|CONSTRAINT)(.*)$/is', $sql, $m)) {
            $first = self::splitList($m[2])[0];
            $column = (string) preg_replace('/\s+(?:AFTER\s+\S+|FIRST)\s*$/i', '', self::column($first));
            if (stripos($column, 'NOT NULL') !== false && stripos($column, 'DEFAULT') === false) {
                $column = trim(str_ireplace('NOT NULL', '', $column));
            }
            return $m[1] . ' ADD COLUMN ' . $column;
        }
        if (preg_match('/\b(?:MODIFY|ENGINE|CONVERT|CHANGE|ADD\s+(?:INDEX|KEY|UNIQUE|PRIMARY|CONSTRAINT|FULLTEXT))\b/i', $sql)) {
            return 'SELECT 1 WHERE 0';
        }
        return $sql;
    }

    private static function column(string $part): string
    {
        $part = (string) preg_replace('/\bENUM\s*\([^)]*\)/i', 'TEXT', trim($part));
        $part = (string) preg_replace("/\s+COMMENT\s+'(?:[^']|'')*'/i", '', $part);
        $part = (string) preg_replace('/\s+ON\s+UPDATE\s+CURRENT_TIMESTAMP(?:\(\))?/i', '', $part);
        $part = (string) preg_replace('/\s+(?:UNSIGNED|ZEROFILL)\b/i', '', $part);
        $part = (string) preg_replace('/\s+CHARACTER\s+SET\s+\w+|\s+COLLATE\s+\w+/i', '', $part);
        $part = (string) preg_replace('/CURRENT_TIMESTAMP\s*\(\s*\)/i', 'CURRENT_TIMESTAMP', $part);
        if (stripos($part, 'AUTO_INCREMENT') !== false) {
            preg_match('/^[`"]?\w+[`"]?/', $part, $name);
            return ($name[0] ?? 'id') . ' INTEGER PRIMARY KEY AUTOINCREMENT';
        }
        return $part;
    }

    /** @return list<string> parts between commas that stand in no bracket and no quotes */
    private static function splitList(string $text): array
    {
        preg_match_all('/(?:[^,()\'"]|\'(?:[^\']|\'\')*\'|"[^"]*"|(\((?:[^()\'"]|\'(?:[^\']|\'\')*\'|"[^"]*"|(?1))*\)))+/s', $text, $m);
        return array_values(array_filter(array_map('trim', $m[0]), static fn (string $part): bool => $part !== ''));
    }
}
