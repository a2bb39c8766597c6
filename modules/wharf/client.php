<?php

/**
 * How the PHP modules talk to the Wharf daemon: one HTTP request a call, on a Unix socket or on loopback.
 *
 * It is loaded by the modules of every kind and name, so it lives once in modules/wharf/ and a module requires
 * it from there. What a kind needs beyond it (answers as WHMCS objects, say) stands beside it, for the same reason.
 * Nothing here knows a rule of any capability.
 */

namespace Wharf;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/** The call was not answered. The message is for staff and says what to do next. */
class Failure extends \RuntimeException
{
}

/** The call did not even reach the daemon: nothing was done. */
class Unreachable extends Failure
{
}

final class Client
{
    private const CONNECT_MS = 300;
    private const READ_MS = 5000;
    /** Wharf itself answers a change after 25 s at the latest. */
    private const CHANGE_MS = 28000;

    /** @var callable|null for tests: function (array $connection, string $path, string $body, int $timeoutMs): array{int, string} */
    public static $transport = null;

    /** @var resource|\CurlHandle|null kept, so that the calls of one page share one connection */
    private static $curl = null;

    /**
     * What the modules of both kinds say of themselves: they share the function's name.
     *
     * @param string $function as in __FUNCTION__
     */
    public static function metaData(string $function): array
    {
        return [
            'DisplayName' => self::displayName($function),
            'APIVersion' => '1.1',
            'NonLinearRegistrationPricing' => true,
            'RequiresServer' => true,
            'DefaultNonSSLPort' => '80',
            'DefaultSSLPort' => '443',
            'ServiceSingleSignOnLabel' => 'Open the dashboard',
            'AdminSingleSignOnLabel' => 'Open the supplier',
            'ListAccountsUniqueIdentifierDisplayName' => 'Domain',
            'ListAccountsUniqueIdentifierField' => 'domain',
            'ListAccountsProductField' => 'configoption2',
        ];
    }

    /**
     * Staff's buttons. Registrar and server module share this function's name too; whose page it is for, the parameters
     * tell.
     *
     * @param string $function as in __FUNCTION__
     */
    public static function adminButtons(string $function, array $params): array
    {
        if (isset($params['serviceid'])) {
            require_once __DIR__ . '/server.php';
            return Server::buttons($function, $params);
        }
        require_once __DIR__ . '/registrar.php';
        return Registrar::options($function, $params);
    }

    /** A module that is installed under another name says which, so that several can be told apart. */
    public static function displayName(string $function): string
    {
        $module = explode('_', $function, 2)[0];
        return $module === 'wharf' ? 'Wharf' : 'Wharf (' . $module . ')';
    }

    /**
     * Asks for something; nothing is changed by it.
     *
     * @param string $kind registrar, server, gateway or addon
     * @param string $function the WHMCS function with its module's prefix, as in __FUNCTION__: wharf_GetNameservers
     * @return mixed what Wharf returns to WHMCS
     * @throws Failure
     */
    public static function read(string $kind, string $function, array $params)
    {
        return self::call($kind, $function, $params, self::READ_MS);
    }

    /**
     * Has something changed.
     *
     * @return mixed what Wharf returns to WHMCS
     * @throws Failure
     */
    public static function change(string $kind, string $function, array $params)
    {
        return self::call($kind, $function, $params, self::CHANGE_MS);
    }

    private static function call(string $kind, string $function, array $params, int $timeoutMs)
    {
        [$module, $name] = explode('_', $function, 2) + [1 => ''];
        $path = '/whmcs/' . $kind . '/' . rawurlencode($module) . '/' . rawurlencode($name);
        $body = json_encode(
            (object) Params::reduce($params),
            JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR
        );
        [$status, $text] = (self::$transport ?? [self::class, 'send'])(Connection::read(), $path, (string) $body, $timeoutMs);
        $answer = json_decode($text, true);
        if ($status !== 200 || !is_array($answer) || !array_key_exists('return', $answer)) {
            throw new Failure(self::complaint($status, $answer));
        }
        self::log($module, $name, $answer);
        return $answer['return'];
    }

    private static function complaint(int $status, $answer): string
    {
        if (is_array($answer) && isset($answer['error']) && is_string($answer['error'])) {
            return $answer['error'];
        }
        if ($status === 401) {
            return 'Wharf does not know this WHMCS (its token was refused). Run: wharf modules install';
        }
        return 'Wharf gave an answer that is none (status ' . $status . '). Look into its log: journalctl -u wharf';
    }

    /** Writes WHMCS's module log and activity log, as far as Wharf asks for it. */
    private static function log(string $module, string $name, array $answer): void
    {
        $log = $answer['log'] ?? null;
        if (is_array($log) && function_exists('logModuleCall')) {
            logModuleCall(
                $module,
                $name,
                $log['request'] ?? '',
                $log['response'] ?? '',
                // Where the answer itself is secret, Wharf says what stands in its place.
                array_key_exists('processed', $log) ? $log['processed'] : $answer['return'],
                array_values(array_filter((array) ($log['mask'] ?? []), 'is_string'))
            );
        }
        // What was said to the supplier, one entry a request; secrets are masked already.
        foreach ((array) ($answer['requests'] ?? []) as $said) {
            if (is_array($said) && function_exists('logModuleCall')) {
                logModuleCall($module, $name . ': ' . ($said['action'] ?? ''), $said['request'] ?? '', $said['response'] ?? '', '', []);
            }
        }
        foreach ((array) ($answer['activity'] ?? []) as $line) {
            if (is_string($line) && function_exists('logActivity')) {
                logActivity($line);
            }
        }
    }

    /** @return array{int, string} status and body */
    private static function send(array $connection, string $path, string $body, int $timeoutMs): array
    {
        $socket = (string) ($connection['socket'] ?? '');
        $url = rtrim((string) ($connection['url'] ?? ''), '/');
        $why = 'modules/wharf/connection.php names neither a socket nor an address';
        // Only a connection that never came about may be tried the other way: nothing was sent on it.
        if ($socket !== '') {
            [$sent, $status, $text, $why] = self::attempt('http://wharf' . $path, $socket, $connection, $body, $timeoutMs);
            if ($sent) {
                return [$status, $text];
            }
        }
        if ($url !== '') {
            [$sent, $status, $text, $why] = self::attempt($url . $path, null, $connection, $body, $timeoutMs);
            if ($sent) {
                return [$status, $text];
            }
        }
        throw new Unreachable('Wharf is not running or cannot be reached (' . $why . '). Start it with: systemctl start wharf');
    }

    /** @return array{bool, int, string, string} whether it was sent, status, body, why not */
    private static function attempt(string $url, ?string $socket, array $connection, string $body, int $timeoutMs): array
    {
        if (self::$curl === null) {
            self::$curl = curl_init();
        } else {
            curl_reset(self::$curl);
        }
        $options = [
            CURLOPT_URL => $url,
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $body,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_CONNECTTIMEOUT_MS => self::CONNECT_MS,
            CURLOPT_TIMEOUT_MS => $timeoutMs,
            CURLOPT_NOSIGNAL => true,
            // A proxy of the environment has no business between two programs of one machine.
            CURLOPT_PROXY => '',
            CURLOPT_HTTPHEADER => [
                'Authorization: Bearer ' . ($connection['token'] ?? ''),
                'Content-Type: application/json',
                'Expect:',
            ],
        ];
        if ($socket !== null) {
            $options[CURLOPT_UNIX_SOCKET_PATH] = $socket;
        }
        curl_setopt_array(self::$curl, $options);
        $text = curl_exec(self::$curl);
        $errno = curl_errno(self::$curl);
        if ($errno === 0) {
            return [true, (int) curl_getinfo(self::$curl, CURLINFO_RESPONSE_CODE), (string) $text, ''];
        }
        $why = ($socket ?? $url) . ': ' . curl_error(self::$curl);
        if ($errno === CURLE_COULDNT_CONNECT || $errno === CURLE_COULDNT_RESOLVE_HOST) {
            return [false, 0, '', $why];
        }
        if ($errno === CURLE_OPERATION_TIMEDOUT && curl_getinfo(self::$curl, CURLINFO_PRETRANSFER_TIME) <= 0.0) {
            return [false, 0, '', $why];
        }
        if ($errno === CURLE_OPERATION_TIMEDOUT) {
            throw new Failure('Wharf did not answer within ' . round($timeoutMs / 1000) . ' seconds. What it began, it ends by itself.');
        }
        throw new Failure('The connection to Wharf broke (' . $why . '). What it began, it ends by itself; please look again in a minute.');
    }
}

/** Where the daemon is: the file that "wharf modules install" writes. */
final class Connection
{
    /** @throws Unreachable */
    public static function read(): array
    {
        // Modules may be linked into the root; the connection is the root's own.
        $places = [__DIR__ . '/connection.php'];
        if (defined('ROOTDIR')) {
            array_unshift($places, ROOTDIR . '/modules/wharf/connection.php');
        }
        foreach ($places as $place) {
            $connection = is_file($place) ? include $place : null;
            if (is_array($connection)) {
                return $connection;
            }
        }
        throw new Unreachable('This WHMCS is not connected to Wharf yet (modules/wharf/connection.php is missing). Run: wharf modules install');
    }
}

/** WHMCS's parameters as plain data: objects reduced to what identifies them, everything else left as it is. */
final class Params
{
    private const DEPTH = 12;

    public static function reduce(array $params, int $depth = 0): array
    {
        $plain = [];
        foreach ($params as $key => $value) {
            if ($key === 'clientsdetails' && is_array($value)) {
                unset($value['model']);
            }
            if (is_array($value)) {
                $value = $depth < self::DEPTH ? self::reduce($value, $depth + 1) : null;
            } elseif (is_object($value)) {
                $value = self::identify($value);
            } elseif (is_resource($value)) {
                $value = null;
            }
            if ($value !== null) {
                $plain[$key] = $value;
            }
        }
        return $plain;
    }

    /** @return array|string|null */
    private static function identify(object $object)
    {
        if ($object instanceof \Closure) {
            return null;
        }
        if ($object instanceof \DateTimeInterface) {
            return $object->format('Y-m-d H:i:s');
        }
        if (method_exists($object, 'getDomain')) {
            return (string) $object->getDomain();
        }
        // Eloquent models answer to isset() for their attributes.
        return isset($object->id) && is_scalar($object->id) ? ['id' => $object->id] : null;
    }
}
