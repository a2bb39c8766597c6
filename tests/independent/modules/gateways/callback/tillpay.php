<?php

require_once __DIR__ . '/../../../init.php';
require_once __DIR__ . '/../../../includes/gatewayfunctions.php';
require_once __DIR__ . '/../../../includes/invoicefunctions.php';

$gatewayModuleName = basename(__FILE__, '.php');
$gatewayParams = getGatewayVariables($gatewayModuleName);
if (!$gatewayParams['type']) {
    die('Module Not Activated');
}

$invoiceId = $_POST['x_invoice'];
$transactionId = $_POST['x_transaction'];
$amount = $_POST['x_amount'];
$fee = $_POST['x_fee'];
$expected = hash_hmac('sha256', $invoiceId . $transactionId . $amount, $gatewayParams['signingkey']);
$status = hash_equals($expected, (string) $_POST['x_sign']) ? 'Success' : 'Signature Verification Failure';

$invoiceId = checkCbInvoiceID($invoiceId, $gatewayParams['name']);
checkCbTransID($transactionId);
logTransaction($gatewayParams['name'], $_POST, $status);

if ($status === 'Success') {
    addInvoicePayment($invoiceId, $transactionId, $amount, $fee, $gatewayModuleName);
    echo 'OK';
} else {
    http_response_code(400);
    echo 'BAD';
}
