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
        'arabic' => [
            'down' => 'طريقة الدفع هذه غير متاحة الآن. حاول بعد دقيقة. إذا كنت قد أرسلت المال فلا ترسله مرة أخرى.',
            'unsent' => 'لم يصل ما كتبته، لأن طريقة الدفع هذه غير متاحة الآن. أرسله مرة أخرى بعد دقيقة. إذا كنت قد أرسلت المال فلا ترسل المال مرة أخرى.',
            'unsure' => 'ربما لم يصل ما كتبته، لأن طريقة الدفع هذه لم ترد في الوقت المناسب. أرسله مرة أخرى بعد دقيقة: تكراره لا يضر. إذا كنت قد أرسلت المال فلا ترسل المال مرة أخرى.',
            'again' => 'أرسله مرة أخرى',
            'back' => 'العودة إلى الفاتورة',
        ],
        '' => [
            'down' => 'This way to pay is not available at the moment. Please look again in a minute. If you have sent the money already, do not send it again.',
            'unsent' => 'What you entered did not arrive, because this way to pay is not available at the moment. Please send it again in a minute. If you have sent the money already, do not send the money again.',
            'unsure' => 'What you entered may not have arrived, because this way to pay gave no answer. Please send it again in a minute: to send it twice does no harm. If you have sent the money already, do not send the money again.',
            'again' => 'Send it again',
            'back' => 'Back to the invoice',
        ],
    ];

    /** Whoever waits on the page sees the payment as soon as it can be shown; nothing can be typed there that would be lost. */
    private const LOOK_AGAIN = "<script>setTimeout(function () { location.replace(location.href.split('#')[0]); }, 30000);</script>";

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
        return '<p class="wharf" dir="auto">' . self::escaped(self::down($params['language'])['down']) . '</p>' . self::LOOK_AGAIN;
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
            $send = $params['method'] === 'POST' ? [Client::class, 'change'] : [Client::class, 'read'];
            $answer = $send('gateway', $function, $params);
        } catch (Failure $failure) {
            self::note($function, $failure->getMessage());
            $what = $failure instanceof Unreachable ? 'unsent' : 'unsure';
            return [503, self::headers('text/html') + ['Retry-After' => '60'], self::unanswered($params, $server, $what)];
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

    private static function down(string $language): array
    {
        return self::DOWN[strtolower($language)] ?? self::DOWN[''];
    }

    /**
     * The page in the place of an answer: what was typed is sent once more by a button, or left for the invoice.
     *
     * @param string $what the text about what was typed
     */
    private static function unanswered(array $params, array $server, string $what): string
    {
        $texts = array_map([self::class, 'escaped'], self::down($params['language']));
        $arabic = strtolower($params['language']) === 'arabic';
        $fields = '';
        foreach ($params['post'] as $name => $value) {
            $fields .= '<input type="hidden" name="' . self::escaped((string) $name) . '" value="' . self::escaped($value) . '">';
        }
        $again = $fields === '' ? '' : '<form method="post">' . $fields . '<button>' . $texts['again'] . '</button></form>';
        // The token names the invoice to the daemon only; where the form stood, the browser tells.
        $from = (string) ($server['HTTP_REFERER'] ?? '');
        $back = preg_match('~/viewinvoice\.php\?(?:[^#]*&)?id=(\d+)~', $from, $found) ? 'viewinvoice.php?id=' . $found[1] : 'clientarea.php?action=invoices';
        return '<!doctype html><html lang="' . ($arabic ? 'ar' : 'en') . '" dir="' . ($arabic ? 'rtl' : 'ltr') . '"><head><meta charset="utf-8">'
            . '<meta name="viewport" content="width=device-width, initial-scale=1"><title>' . $texts['again'] . '</title>'
            . '<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#222;background:#fff}button{font:inherit;padding:.5rem 1rem}</style></head>'
            . '<body><main><p role="alert">' . $texts[$fields === '' ? 'down' : $what] . '</p>' . $again
            . '<p><a href="../../../' . $back . '">' . $texts['back'] . '</a></p></main></body></html>';
    }

    private static function escaped(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
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
