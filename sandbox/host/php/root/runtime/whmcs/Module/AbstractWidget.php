<?php

namespace WHMCS\Module;

/** A box on the staff's home page. */
abstract class AbstractWidget
{
    protected $title = '';
    protected $description = '';
    protected $weight = 150;
    protected $columns = 1;
    protected $cache = false;
    protected $cachePerUser = false;
    protected $cacheExpiry = 120;
    protected $requiredPermission = '';
    protected $draggable = true;
    protected $wrapper = true;

    abstract public function getData();

    abstract public function generateOutput($data);

    public function getId()
    {
        return str_replace(['WHMCS\\Module\\Widget\\', '\\'], ['', ''], static::class);
    }

    public function getTitle()
    {
        return $this->title;
    }

    public function getDescription()
    {
        return $this->description;
    }

    public function getWeight()
    {
        return (int) $this->weight;
    }

    public function getColumnSize()
    {
        return (int) $this->columns;
    }

    public function getRequiredPermission()
    {
        return $this->requiredPermission;
    }

    public function render($forceRefresh = false)
    {
        return (string) $this->generateOutput($this->getData());
    }

    /** What the host's page needs; also how the runner reports a widget that a hook returned. */
    public function toArray()
    {
        return [
            'id' => $this->getId(),
            'title' => $this->title,
            'weight' => $this->getWeight(),
            'columns' => $this->getColumnSize(),
            'html' => $this->render(),
        ];
    }
}
