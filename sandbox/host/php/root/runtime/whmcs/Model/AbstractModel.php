<?php

namespace WHMCS\Model;

use Illuminate\Database\Eloquent\Model;
use SandboxHost\Database;

/**
 * Base of all models. An attribute answers to its column's name and to camel-case aliases: first the model's own
 * `$columnMap`, then the column that differs only in case or underscores.
 */
class AbstractModel extends Model
{
    public $timestamps = false;

    protected $guarded = [];

    /** @var array<string, string> alias → column */
    protected $columnMap = [];

    /**
     * The row, or an empty model that carries the id, so that callers always have an object. Read without the query
     * builder, since most calls that are handed a model never look at it.
     */
    public static function findOrEmpty($id)
    {
        $model = new static();
        $key = $model->getKeyName();
        $row = Database::row('SELECT * FROM "' . $model->getTable() . '" WHERE "' . $key . '" = ?', [$id]);
        if ($row !== null) {
            return $model->newFromBuilder($row);
        }
        $model->setAttribute($key, $id);
        return $model;
    }

    public function getAttribute($key)
    {
        $value = parent::getAttribute($key);
        if ($value !== null || !$key) {
            return $value;
        }
        $column = $this->column($key);
        return $column === $key ? null : parent::getAttribute($column);
    }

    public function setAttribute($key, $value)
    {
        return parent::setAttribute($this->column($key), $value);
    }

    /** The column that an alias means; the name itself when there is none. */
    protected function column($key)
    {
        if (isset($this->columnMap[$key])) {
            return $this->columnMap[$key];
        }
        if (array_key_exists($key, $this->attributes) || method_exists($this, $key) || $this->hasSetMutator($key)) {
            return $key;
        }
        $flat = strtolower(str_replace('_', '', $key));
        foreach ($this->attributes as $column => $value) {
            if (strtolower(str_replace('_', '', $column)) === $flat) {
                return $column;
            }
        }
        return $key;
    }

    public function newEloquentBuilder($query)
    {
        return new AliasBuilder($query);
    }

    /** @return array<string, string> */
    public function columnMap()
    {
        return $this->columnMap;
    }
}
