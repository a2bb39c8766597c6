<?php

namespace WHMCS\Service;

use SandboxHost\Database;

/**
 * `$model->serviceProperties`. Of a service, some names are columns of its own row; every other name, and every name of
 * an addon, is a custom field, which is made when it is missing.
 */
class Properties
{
    private const COLUMNS = [
        'username' => 'username',
        'password' => 'password',
        'domain' => 'domain',
        'license key' => 'licensekey',
        'dedicated ip' => 'dedicatedip',
        'disk usage' => 'diskusage',
        'disk limit' => 'disklimit',
        'bandwidth usage' => 'bwusage',
        'bandwidth limit' => 'bwlimit',
        'last update' => 'lastupdate',
    ];

    private const SECRET = ['password'];

    private static $known;

    private $model;

    public function __construct($model)
    {
        $this->model = $model;
    }

    public static function of($model)
    {
        self::$known = self::$known ?? new \WeakMap();
        return self::$known[$model] = self::$known[$model] ?? new self($model);
    }

    /** @param array $values name → value, or name → ['value' => …, 'type' => …] */
    public function save(array $values)
    {
        foreach ($values as $name => $value) {
            $type = 'text';
            if (is_array($value)) {
                $type = $value['type'] ?? 'text';
                $value = $value['value'] ?? '';
            }
            $column = $this->column((string) $name);
            if ($column === null) {
                $this->saveField((string) $name, (string) $value, (string) $type);
            } else {
                $this->saveColumn($column, $value);
            }
        }
        return true;
    }

    public function get($name)
    {
        $column = $this->column((string) $name);
        if ($column !== null) {
            $value = Database::value("SELECT \"$column\" FROM tblhosting WHERE id = ?", [$this->model->getKey()]);
            return in_array($column, self::SECRET, true) ? decrypt($value) : (string) $value;
        }
        $field = $this->field((string) $name);
        $value = $field === null ? null : Database::value(
            'SELECT value FROM tblcustomfieldsvalues WHERE fieldid = ? AND relid = ?',
            [$field, $this->model->getKey()]
        );
        return (string) $value;
    }

    private function saveColumn($column, $value)
    {
        $stored = in_array($column, self::SECRET, true) ? encrypt($value) : $value;
        Database::run("UPDATE tblhosting SET \"$column\" = ? WHERE id = ?", [$stored, $this->model->getKey()]);
        $this->model->setAttribute($column, $stored);
        $this->model->syncOriginalAttribute($column);
    }

    private function saveField($name, $value, $type)
    {
        $field = $this->field($name);
        if ($field === null) {
            $field = Database::insert('tblcustomfields', [
                'type' => $this->fieldOwner(),
                'relid' => $this->productId(),
                'fieldname' => $name,
                'fieldtype' => $type,
                'description' => '',
                'fieldoptions' => '',
                'regexpr' => '',
                'adminonly' => 'on',
                'required' => '',
                'showorder' => '',
                'showinvoice' => '',
                'sortorder' => 0,
                'created_at' => date('Y-m-d H:i:s'),
                'updated_at' => date('Y-m-d H:i:s'),
            ]);
        }
        $changed = Database::run(
            'UPDATE tblcustomfieldsvalues SET value = ? WHERE fieldid = ? AND relid = ?',
            [$value, $field, $this->model->getKey()]
        );
        if ($changed === 0) {
            Database::insert('tblcustomfieldsvalues', [
                'fieldid' => $field,
                'relid' => $this->model->getKey(),
                'value' => $value,
                'created_at' => date('Y-m-d H:i:s'),
                'updated_at' => date('Y-m-d H:i:s'),
            ]);
        }
    }

    /** Field names may carry a display name behind a bar. */
    private function field($name)
    {
        return Database::value(
            "SELECT id FROM tblcustomfields WHERE type = ? AND relid = ? AND (fieldname = ? OR fieldname LIKE ? ESCAPE '\\')",
            [$this->fieldOwner(), $this->productId(), $name, addcslashes($name, '%_\\') . '|%']
        );
    }

    private function column($name)
    {
        $column = $this->model instanceof Addon ? null : (self::COLUMNS[strtolower($name)] ?? null);
        // The licence key's column is not in every schema; without it the name is a custom field like any other.
        return $column !== null && in_array($column, Database::columns('tblhosting'), true) ? $column : null;
    }

    private function fieldOwner()
    {
        return $this->model instanceof Addon ? 'addon' : 'product';
    }

    private function productId()
    {
        return (int) ($this->model instanceof Addon ? $this->model->addonid : $this->model->packageid);
    }
}
