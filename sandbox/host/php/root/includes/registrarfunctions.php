<?php

// Everything that such a file defines in WHMCS is there once init.php has run.
if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}
