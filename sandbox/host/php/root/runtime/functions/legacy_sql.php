<?php

// The functions of WHMCS before version 6, deprecated but still called.

use SandboxHost\LegacySql;

function select_query($table, $fields, $where = '', $sort = '', $sortOrder = '', $limits = '', $innerJoin = '')
{
    return LegacySql::select((string) $table, $fields, $where, $sort, $sortOrder, $limits, $innerJoin);
}

function get_query_val($table, $field, $where = '', $sort = '', $sortOrder = '', $limits = '', $innerJoin = '')
{
    $row = mysql_fetch_array(select_query($table, $field, $where, $sort, $sortOrder, $limits, $innerJoin));
    return $row ? $row[0] : null;
}

function get_query_vals($table, $fields, $where = '', $sort = '', $sortOrder = '', $limits = '', $innerJoin = '')
{
    return mysql_fetch_array(select_query($table, $fields, $where, $sort, $sortOrder, $limits, $innerJoin));
}

function update_query($table, $values, $where)
{
    return LegacySql::update((string) $table, (array) $values, $where);
}

function insert_query($table, $values)
{
    return LegacySql::insert((string) $table, (array) $values);
}

function delete_query($table, $where)
{
    return LegacySql::delete((string) $table, $where);
}

function full_query($query, $handle = null)
{
    return \SandboxHost\Database::pdo()->query((string) $query);
}

function db_escape_string($string)
{
    return is_array($string) ? array_map('db_escape_string', $string) : str_replace("'", "''", (string) $string);
}

if (!function_exists('mysql_fetch_array')) {
    function mysql_query($query, $link = null)
    {
        return full_query($query);
    }

    function mysql_fetch_array($result, $type = PDO::FETCH_BOTH)
    {
        return $result instanceof PDOStatement ? $result->fetch(PDO::FETCH_BOTH) : false;
    }

    function mysql_fetch_assoc($result)
    {
        return $result instanceof PDOStatement ? $result->fetch(PDO::FETCH_ASSOC) : false;
    }

    function mysql_fetch_row($result)
    {
        return $result instanceof PDOStatement ? $result->fetch(PDO::FETCH_NUM) : false;
    }

    function mysql_fetch_object($result)
    {
        return $result instanceof PDOStatement ? $result->fetch(PDO::FETCH_OBJ) : false;
    }

    function mysql_num_rows($result)
    {
        return LegacySql::count($result);
    }

    function mysql_insert_id($link = null)
    {
        return (int) \SandboxHost\Database::pdo()->lastInsertId();
    }

    function mysql_real_escape_string($string, $link = null)
    {
        return db_escape_string($string);
    }

    function mysql_error($link = null)
    {
        return '';
    }
}
