<?php

use SandboxHost\Hooks;

function add_hook($hookPoint, $priority, $callable, $rollback = '')
{
    Hooks::add((string) $hookPoint, (int) $priority, $callable);
}

function run_hook($hookPoint, $args = [], $unpackArguments = false)
{
    return Hooks::run((string) $hookPoint, $unpackArguments && is_array($args) ? array_values($args) : [$args]);
}

function hook_log($hook, $text = '')
{
    // Only speaks in a debug mode that this host has not.
}

function clear_hooks($hookPoint)
{
    Hooks::clear((string) $hookPoint);
}
