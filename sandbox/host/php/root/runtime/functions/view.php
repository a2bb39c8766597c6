<?php

use SandboxHost\Host;

function routePath($name = '', ...$arguments)
{
    $parts = array_merge(explode('-', (string) $name), $arguments);
    return Host::path() . '/index.php?rp=/' . implode('/', array_map('rawurlencode', $parts));
}

function routePathWithQuery($name = '', $arguments = [], $query = '')
{
    $query = is_array($query) ? http_build_query($query) : (string) $query;
    return routePath($name, ...array_values((array) $arguments)) . ($query === '' ? '' : '&' . ltrim($query, '?&'));
}

function fqdnRoutePath($name = '', ...$arguments)
{
    return rtrim(Host::$systemUrl, '/') . substr(routePath($name, ...$arguments), strlen(Host::path()));
}

function get_flash_message()
{
    $message = $_SESSION['FlashMessage'] ?? [];
    unset($_SESSION['FlashMessage']);
    return $message;
}

function generate_token($type = 'form')
{
    $token = htmlspecialchars((string) ($_SESSION['token'] ?? ''));
    if ($type === 'plain') {
        return $token;
    }
    return $type === 'link' ? '&token=' . $token : '<input type="hidden" name="token" value="' . $token . '" />';
}

function check_token($namespace = 'WHMCS.default', $token = null)
{
    $given = (string) ($token ?? $_REQUEST['token'] ?? '');
    if ($given === '' || !hash_equals((string) ($_SESSION['token'] ?? ''), $given)) {
        http_response_code(403);
        exit('Invalid token');
    }
    return true;
}

function infoBox($title, $description, $status = 'info')
{
    $GLOBALS['infobox'] = '<div class="' . htmlspecialchars((string) $status) . 'box"><strong>' . $title . '</strong><br>'
        . $description . '</div>';
}

function recursiveReplace($array, $search, $replace)
{
    return is_array($array)
        ? array_map(static fn ($value) => recursiveReplace($value, $search, $replace), $array)
        : str_replace($search, $replace, (string) $array);
}

function genRandomVal($length = 12)
{
    return substr(bin2hex(random_bytes((int) ceil($length / 2))), 0, (int) $length);
}

function curlCall($url, $postData, $options = [], $returnUnlessTimeout = false)
{
    $curl = curl_init((string) $url);
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => (int) ($options['CURLOPT_TIMEOUT'] ?? 30),
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => is_array($postData) ? http_build_query($postData) : (string) $postData,
        CURLOPT_HTTPHEADER => (array) ($options['HEADER'] ?? []),
    ]);
    $answer = curl_exec($curl);
    $text = $answer === false ? 'CURL Error: ' . curl_errno($curl) . ' - ' . curl_error($curl) : $answer;
    curl_close($curl);
    return $text;
}
