<?php

require_once __DIR__ . '/../../../init.php';
require_once __DIR__ . '/../../../includes/gatewayfunctions.php';
require_once __DIR__ . '/../../../includes/invoicefunctions.php';

$gateway = getGatewayVariables('walletcheck');
if (!$gateway['type']) {
    die('Module Not Activated');
}

function walletcheck_page($good, $text, $transaction = '')
{
    $kind = $good ? 'good' : 'bad';
    echo '<!doctype html><title>Payment</title><main id="' . $kind . '" data-transaction="' . htmlspecialchars($transaction) . '"><h1>'
        . htmlspecialchars($text) . '</h1></main>';
    exit;
}

$bridge = rtrim($gateway['systemUrl'], '/');
$query = [
    'phone' => trim($_POST['phone'] ?? ''),
    // What is left of Arabic digits is nothing, and two dots are no number: PHP makes a 0 of it.
    'amount' => (string) (float) preg_replace('/[^0-9.]/', '', $_POST['amount'] ?? ''),
    'user_name' => $_POST['userName'] ?? '',
    'store_id' => $gateway['storeId'],
    'lang' => $_POST['lang'] ?? 'en',
    'client_id' => $_POST['clientId'] ?? '',
];
$line = curl_init($bridge . '/api/payment_link_check?' . http_build_query($query));
curl_setopt_array($line, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 30,
    CURLOPT_FOLLOWLOCATION => true,
    CURLOPT_MAXREDIRS => 3,
]);
$raw = curl_exec($line);
$error = curl_error($line);
$status = (int) curl_getinfo($line, CURLINFO_HTTP_CODE);
$answer = is_string($raw) ? json_decode($raw, true) : null;
logTransaction('walletcheck', ['request' => $query, 'response' => $raw], $status === 200 ? 'Answered' : 'Failed');

if ($status !== 200 || !is_array($answer) || !isset($answer['status'])) {
    $why = $answer['message'] ?? ($error ?: ($status ? "Server returned HTTP $status." : 'Could not reach the payment server.'));
    walletcheck_page(false, 'Payment verification failed: ' . $why . ' (' . parse_url($bridge, PHP_URL_HOST) . ')');
}
if ($answer['status'] !== true) {
    walletcheck_page(false, $answer['message'] ?? 'The payment is missing or waits for approval.', $answer['transaction_id'] ?? '');
}

$invoice = (int) $_POST['invoiceId'];
$transaction = $answer['transaction_id'] ?? 'WCK-' . time();
localAPI('ApplyCredit', ['invoiceid' => $invoice, 'amount' => 'full']);
$seen = localAPI('GetInvoice', ['invoiceid' => $invoice]);
if (($seen['status'] ?? '') !== 'Paid') {
    localAPI('AddInvoicePayment', [
        'invoiceid' => $invoice,
        'transid' => $transaction,
        'gateway' => 'walletcheck',
        'amount' => $seen['total'] ?? 0,
    ]);
    $seen = localAPI('GetInvoice', ['invoiceid' => $invoice]);
}
if (($seen['status'] ?? '') === 'Paid') {
    foreach (localAPI('GetOrders', ['userid' => (int) $_POST['clientId']])['orders']['order'] ?? [] as $order) {
        if ((int) $order['invoiceid'] === $invoice && $order['status'] === 'Pending') {
            localAPI('AcceptOrder', ['orderid' => $order['id'], 'autosetup' => true, 'sendemail' => true]);
        }
    }
}
walletcheck_page(true, 'Payment received', $transaction);
