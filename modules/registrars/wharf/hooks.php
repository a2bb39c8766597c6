<?php

/**
 * Where WHMCS asks beside the module's functions. WHMCS finds this file when the module's settings are saved, and
 * loads it with every page: it only says what is to be called.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

require_once __DIR__ . '/../../wharf/hooks.php';

Wharf\Hooks::registrar(basename(__DIR__));
