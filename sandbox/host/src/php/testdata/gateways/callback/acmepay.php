<?php

require_once __DIR__ . '/../../../init.php';
require_once __DIR__ . '/../../../includes/gatewayfunctions.php';
require_once __DIR__ . '/../../../includes/invoicefunctions.php';

$gateway = getGatewayVariables('acmepay');
if (!$gateway['type']) {
    die('Module Not Activated');
}
if (($_GET['do'] ?? '') === 'fatal') {
    acmepay_undefined();
}
if (($_GET['do'] ?? '') === 'unknown-invoice') {
    checkCbInvoiceID(999, $gateway['name']);
    echo 'never reached';
}
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
http_response_code(202);
header('X-Gateway: ' . $gateway['name']);
header('Content-Type: application/json');
echo json_encode([
    'secret' => $gateway['secret'],
    'method' => $_SERVER['REQUEST_METHOD'],
    'post' => $_POST,
    'query' => $_GET,
    'cookie' => $_COOKIE,
    'uid' => $_SESSION['uid'] ?? null,
    'token' => $_SESSION['token'] ?? null,
    'visits' => $_SESSION['visits'],
    'script' => $_SERVER['SCRIPT_NAME'],
    'ip' => $_SERVER['REMOTE_ADDR'],
    'leaked' => array_values(preg_grep('/^HOST_/', array_keys($_SERVER))),
]);
