<?php

namespace WHMCS\Module\Server;

/** A button on the client's home page that a provisioning module offers. */
class CustomAction implements \JsonSerializable
{
    protected $identifier;
    protected $display;
    protected $callable;
    protected $params;
    protected $permissions;
    protected $active;
    protected $allowSamePage;
    protected $preferIsolation;

    public static function factory(
        $identifier,
        $display,
        $callable,
        array $params = [],
        array $permissions = [],
        $active = true,
        $allowSamePage = false,
        $preferIsolation = false
    ) {
        $action = new static();
        $action->identifier = (string) $identifier;
        $action->display = (string) $display;
        $action->callable = $callable;
        $action->params = $params;
        $action->permissions = $permissions;
        $action->active = (bool) $active;
        $action->allowSamePage = (bool) $allowSamePage;
        $action->preferIsolation = (bool) $preferIsolation;
        return $action;
    }

    public function getIdentifier()
    {
        return $this->identifier;
    }

    public function getDisplay()
    {
        return $this->display;
    }

    public function getPermissions()
    {
        return $this->permissions;
    }

    public function isActive()
    {
        return $this->active;
    }

    public function invokeCallable()
    {
        return ($this->callable)(...array_values($this->params));
    }

    public function jsonSerialize(): array
    {
        return [
            'identifier' => $this->identifier,
            'display' => $this->display,
            'permissions' => $this->permissions,
            'active' => $this->active,
            'allowSamePage' => $this->allowSamePage,
            'preferIsolation' => $this->preferIsolation,
        ];
    }
}
