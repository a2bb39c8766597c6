<?php

declare(strict_types=1);

namespace SandboxHost;

/** Actions of the external API without its log-in, asked of the host over loopback. */
final class LocalApi
{
    private const SECONDS = 110;

    /**
     * @param array<string, mixed> $values
     * @return array<string, mixed>
     */
    public static function call(string $action, array $values, string $admin): array
    {
        if (Database::pdo()->holdsTransaction()) {
            // The host would wait for the write lock that this request holds.
            $text = "localAPI('$action') was called inside an open database transaction; commit it first";
            error_log($text);
            return ['result' => 'error', 'message' => $text];
        }
        $body = json_encode(
            ['action' => $action, 'values' => (object) Encoder::encode($values), 'admin' => $admin === '' ? null : $admin],
            JSON_INVALID_UTF8_SUBSTITUTE
        );
        $curl = curl_init(Host::$systemUrl . '_internal/localapi');
        curl_setopt_array($curl, [
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $body,
            CURLOPT_HTTPHEADER => [
                'Content-Type: application/json',
                'Expect:',
                'X-Internal-Key: ' . Host::$internalKey,
            ],
            CURLOPT_CONNECTTIMEOUT => 5,
            CURLOPT_TIMEOUT => self::SECONDS,
            CURLOPT_PROXY => '',
        ]);
        $text = curl_exec($curl);
        $problem = curl_error($curl);
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        curl_close($curl);
        Settings::forget();
        $answer = is_string($text) ? json_decode($text, true) : null;
        if (!is_array($answer)) {
            $why = $problem !== '' ? $problem : "HTTP status $status";
            return ['result' => 'error', 'message' => "The host did not answer $action: $why"];
        }
        return $answer;
    }
}
