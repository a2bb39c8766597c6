<?php

namespace WHMCS\Model;

use Illuminate\Database\Eloquent\Builder;

/** Lets queries name columns by a model's aliases. */
class AliasBuilder extends Builder
{
    public function where($column, $operator = null, $value = null, $boolean = 'and')
    {
        $args = func_get_args();
        $args[0] = $this->translate($column);
        return parent::where(...$args);
    }

    public function orderBy($column, $direction = 'asc')
    {
        $this->query->orderBy($this->translate($column), $direction);
        return $this;
    }

    public function whereIn($column, $values, $boolean = 'and', $not = false)
    {
        $this->query->whereIn($this->translate($column), $values, $boolean, $not);
        return $this;
    }

    private function translate($column)
    {
        $map = $this->model !== null && method_exists($this->model, 'columnMap') ? $this->model->columnMap() : [];
        return is_string($column) ? ($map[$column] ?? $column) : $column;
    }
}
