<?php

use SandboxHost\Database;

/** Ends the script when there is no such invoice. */
function checkCbInvoiceID($invoiceId, $gateway = 'Unknown')
{
    $id = Database::value('SELECT id FROM tblinvoices WHERE id = ?', [(int) $invoiceId]);
    if ($id === null) {
        logTransaction($gateway, $_REQUEST, 'Invoice ID Not Found');
        exit;
    }
    return (int) $id;
}

/** Ends the script when that transaction was entered already. */
function checkCbTransID($transactionId)
{
    if (Database::value('SELECT id FROM tblaccounts WHERE transid = ?', [(string) $transactionId]) !== null) {
        exit;
    }
}

function logTransaction($gateway, $data, $result, array $passedParams = [], $gatewayModule = null)
{
    if (!is_string($data)) {
        $lines = '';
        foreach ((array) $data as $key => $value) {
            $lines .= $key . ' => ' . (is_scalar($value) || $value === null ? $value : json_encode($value)) . "\n";
        }
        $data = $lines;
    }
    Database::insert('tblgatewaylog', [
        'date' => date('Y-m-d H:i:s'),
        'gateway' => (string) $gateway,
        'data' => $data,
        'result' => (string) $result,
    ]);
    run_hook('LogTransaction', ['gateway' => (string) $gateway, 'data' => $data, 'result' => (string) $result]);
}

/** No amount means the whole balance. What a paid invoice sets in motion has happened when this returns. */
function addInvoicePayment($invoiceId, $transactionId, $amount, $fees, $gateway, $noEmail = false, $date = null)
{
    $values = [
        'invoiceid' => (int) $invoiceId,
        'transid' => (string) $transactionId,
        'gateway' => (string) $gateway,
        'fees' => (float) $fees,
        'noemail' => (bool) $noEmail,
        'date' => $date ? (string) $date : date('Y-m-d H:i:s'),
    ];
    if ((float) $amount > 0) {
        $values['amount'] = format_as_currency($amount);
    }
    $answer = localAPI('AddInvoicePayment', $values);
    if (($answer['result'] ?? '') !== 'success') {
        logActivity('Payment for invoice ' . (int) $invoiceId . ' was not entered: ' . ($answer['message'] ?? 'no reason given'));
        return false;
    }
    return true;
}

function paymentReversed($reverseTransactionId, $originalTransactionId, $invoiceId = 0, $gateway = null)
{
    $found = Database::rows('SELECT * FROM tblaccounts WHERE transid = ?', [(string) $originalTransactionId]);
    if ($found === []) {
        throw new \WHMCS\Exception\Module\NotServicable('Original Transaction Not Found');
    }
    if (count($found) > 1) {
        throw new \WHMCS\Exception\Module\NotServicable('Multiple Transactions Found with Original Transaction ID');
    }
    if (Database::value('SELECT id FROM tblaccounts WHERE transid = ?', [(string) $reverseTransactionId]) !== null) {
        throw new \WHMCS\Exception\Module\NotServicable('Transaction ID Already Reversed');
    }
    $original = $found[0];
    localAPI('AddTransaction', [
        'paymentmethod' => $gateway ?: $original['gateway'],
        'userid' => $original['userid'],
        'invoiceid' => $original['invoiceid'],
        'transid' => (string) $reverseTransactionId,
        'description' => 'Reversed Transaction ID: ' . $originalTransactionId,
        'amountout' => $original['amountin'],
        'date' => date('Y-m-d H:i:s'),
    ]);
}

function callback3DSecureRedirect($invoiceId, $success = false)
{
    $url = \SandboxHost\Host::$systemUrl . 'viewinvoice.php?id=' . (int) $invoiceId
        . ($success ? '&paymentsuccess=true' : '&paymentfailed=true');
    echo '<!doctype html><title>…</title><script>window.top.location.href = ' . json_encode($url) . ';</script>'
        . '<p><a target="_top" href="' . htmlspecialchars($url) . '">Continue</a></p>';
    exit;
}

function redirSystemURL($vars = '', $file = '')
{
    $query = is_array($vars) ? http_build_query($vars) : (string) $vars;
    header('Location: ' . \SandboxHost\Host::$systemUrl . ltrim((string) $file, '/') . ($query === '' ? '' : '?' . $query));
    exit;
}

function redir($vars = '', $file = '')
{
    $query = is_array($vars) ? http_build_query($vars) : (string) $vars;
    $file = $file ?: basename((string) ($_SERVER['SCRIPT_NAME'] ?? 'index.php'));
    header('Location: ' . $file . ($query === '' ? '' : '?' . $query));
    exit;
}
