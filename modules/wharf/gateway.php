<?php

/**
 * Gateway functions: the call, and its answer as what WHMCS shows. Shared by all names under which the gateway
 * module is installed.
 */

namespace Wharf;

require_once __DIR__ . '/client.php';

final class Gateway
{
    private const DOWN = [
        'arabic' => 'طريقة الدفع هذه غير متاحة الآن. حاول بعد دقيقة.',
        '' => 'This way to pay is not available at the moment. Please look again in a minute.',
    ];

    /** The fragment for the invoice page; never an exception, which would take the page down. */
    public static function link(string $function, array $params): string
    {
        $params['language'] = self::language($params);
        try {
            $answer = Client::read('gateway', $function, $params);
            if (is_array($answer) && is_string($answer['html'] ?? null)) {
                return $answer['html'];
            }
            $why = 'Wharf gave an answer that is none';
        } catch (Failure $failure) {
            $why = $failure->getMessage();
        }
        self::note($function, $why);
        return '<p class="wharf" dir="auto">' . htmlspecialchars(self::down($params['language']), ENT_QUOTES, 'UTF-8') . '</p>';
    }

    /**
     * What the callback script must answer to the browser.
     *
     * @param string $function as WHMCS would call it: wharf_callback
     * @return array{int, array<string, string>, string} status, headers, body
     */
    public static function callback(string $function, array $server, array $session, array $post, array $query): array
    {
        $params = [
            'uid' => isset($session['uid']) ? (int) $session['uid'] : null,
            'method' => (string) ($server['REQUEST_METHOD'] ?? 'GET'),
            'post' => self::texts($post),
            'query' => self::texts($query),
            'ip' => (string) ($server['REMOTE_ADDR'] ?? ''),
            'language' => (string) ($session['Language'] ?? ''),
        ];
        try {
            $answer = Client::change('gateway', $function, $params);
        } catch (Failure $failure) {
            self::note($function, $failure->getMessage());
            return [503, self::headers('text/plain'), self::down($params['language'])];
        }
        if (isset($answer['redirect'])) {
            // Seen from modules/gateways/callback/, so that the customer stays on the host that is open.
            return [303, ['Location' => '../../../' . ltrim((string) $answer['redirect'], '/')], ''];
        }
        $status = (int) ($answer['status'] ?? 500);
        if (array_key_exists('json', (array) $answer)) {
            return [$status, self::headers('application/json'), (string) json_encode($answer['json'], JSON_UNESCAPED_UNICODE)];
        }
        return [$status, self::headers('text/html'), (string) ($answer['html'] ?? '')];
    }

    private static function headers(string $type): array
    {
        return ['Content-Type' => $type . '; charset=utf-8', 'Cache-Control' => 'no-store', 'X-Content-Type-Options' => 'nosniff'];
    }

    /** The language that the page is in: the visitor's choice, else the client's. */
    private static function language(array $params): string
    {
        return (string) ($_SESSION['Language'] ?? $params['clientdetails']['language'] ?? '');
    }

    private static function down(string $language): string
    {
        return self::DOWN[strtolower($language)] ?? self::DOWN[''];
    }

    /** Only plain fields: nothing of ours has nested names. */
    private static function texts(array $fields): array
    {
        return array_map('strval', array_filter($fields, 'is_scalar'));
    }

    private static function note(string $function, string $why): void
    {
        if (function_exists('logModuleCall')) {
            [$module, $name] = explode('_', $function, 2) + [1 => ''];
            logModuleCall($module, $name, '', $why, '', []);
        }
    }
}
