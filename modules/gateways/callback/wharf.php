<?php

/**
 * Where the payment box's form posts to, and where its script asks how the payment stands.
 */

use Wharf\Gateway;

require_once __DIR__ . '/../../../init.php';
require_once __DIR__ . '/../../../includes/gatewayfunctions.php';
require_once __DIR__ . '/../../../includes/invoicefunctions.php';
require_once __DIR__ . '/../../wharf/gateway.php';

$module = basename(__FILE__, '.php');
if (empty(getGatewayVariables($module)['type'])) {
    http_response_code(404);
    die('Module Not Activated');
}

$session = $_SESSION ?? [];
// The customer's other pages need not wait for this one: nothing is written into the session.
session_write_close();
[$status, $headers, $body] = Gateway::callback($module . '_callback', $_SERVER, $session, $_POST, $_GET);
http_response_code($status);
foreach ($headers as $name => $value) {
    header($name . ': ' . $value);
}
echo $body;
