<?php

/**
 * What a module call costs: PHP → Wharf → snapshot → PHP, beside the cheapest call that the same socket can answer.
 *
 *   php bench/module_call.php WHMCS_ROOT DOMAIN
 */

declare(strict_types=1);

const CALLS = 500;

[, $root, $domain] = $argv;
define('WHMCS', true);
define('ROOTDIR', $root);
function logModuleCall(): void
{
}
function logActivity(): void
{
}
require "$root/modules/registrars/wharf/wharf.php";

$settings = [];
$database = new PDO("sqlite:$root-data/host.sqlite");
$key = hash('sha256', (function () use ($root): string {
    require "$root/configuration.php";
    return $cc_encryption_hash;
})(), true);
foreach ($database->query("SELECT setting, value FROM tblregistrars WHERE registrar = 'wharf'") as $row) {
    $sealed = base64_decode($row['value']);
    $settings[$row['setting']] = sodium_crypto_aead_chacha20poly1305_ietf_decrypt(substr($sealed, 12), '', substr($sealed, 0, 12), $key);
}
[$sld, $tld] = explode('.', $domain, 2);
$params = $settings + ['domainid' => 1, 'userid' => 1, 'sld' => $sld, 'tld' => $tld, 'domain' => $domain];

$connection = require "$root/modules/wharf/connection.php";
$curl = curl_init();
curl_setopt_array($curl, [
    CURLOPT_URL => 'http://wharf/nothing',
    CURLOPT_UNIX_SOCKET_PATH => $connection['socket'],
    CURLOPT_RETURNTRANSFER => true,
]);

$median = static function (callable $call): float {
    $times = [];
    for ($n = 0; $n < CALLS + 20; $n++) {
        $started = hrtime(true);
        $call();
        $times[] = (hrtime(true) - $started) / 1e6;
    }
    $times = array_slice($times, 20);
    sort($times);
    return $times[intdiv(count($times), 2)];
};

$answer = wharf_GetNameservers($params);
if (empty($answer['ns1'])) {
    fwrite(STDERR, 'no answer to measure: ' . json_encode($answer) . "\n");
    exit(1);
}
$module = $median(static fn () => wharf_GetNameservers($params));
$bare = $median(static fn () => curl_exec($curl));
printf("| module call answered from a snapshot, PHP to PHP: median of %d | %.2f ms |\n", CALLS, $module);
printf("| … as a multiple of an empty request on the same socket | %.1f × |\n", $module / $bare);
