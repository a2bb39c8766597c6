<?php

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

use WHMCS\Module\Addon\Acme\Greeter;

function acme_config()
{
    return ['name' => 'Acme Addon', 'version' => '1.0', 'author' => 'Acme', 'fields' => []];
}

function acme_output($vars)
{
    echo (new Greeter())->greet($vars['modulelink']);
}
