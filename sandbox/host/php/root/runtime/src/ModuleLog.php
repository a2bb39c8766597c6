<?php

declare(strict_types=1);

namespace SandboxHost;

/** tblmodulelog, with every form of a secret taken out before it is written. */
final class ModuleLog
{
    private const MASK = '********';

    /** @param array<mixed> $secrets */
    public static function write(
        string $module,
        string $action,
        mixed $request,
        mixed $response,
        mixed $processed,
        array $secrets
    ): void {
        if (!self::isOn()) {
            return;
        }
        $forms = self::forms($secrets);
        $text = static fn (mixed $value): string => str_replace($forms, self::MASK, self::text($value));
        try {
            Database::insert('tblmodulelog', [
                'date' => date('Y-m-d H:i:s'),
                'module' => strtolower($module),
                'action' => strtolower($action),
                'request' => $text($request),
                'response' => $text($response),
                'arrdata' => $text($processed),
                'processed' => $text($processed),
            ]);
        } catch (\PDOException $e) {
            error_log('module log: ' . $e->getMessage());
        }
    }

    /** On unless the installation's setting says otherwise. */
    private static function isOn(): bool
    {
        $mode = Settings::get('ModuleDebugMode');
        return $mode === null || in_array(strtolower((string) $mode), ['on', '1', 'true', 'yes'], true);
    }

    private static function text(mixed $value): string
    {
        if (is_string($value)) {
            return $value;
        }
        if (is_scalar($value) || $value === null) {
            return (string) $value;
        }
        return print_r(json_decode((string) json_encode(Encoder::encode($value)), true), true);
    }

    /**
     * Longest first, so that a secret inside another one does not spoil the longer match. The mask has one length for
     * all: it tells nothing.
     *
     * @param array<mixed> $secrets
     * @return list<string>
     */
    private static function forms(array $secrets): array
    {
        $forms = [];
        array_walk_recursive($secrets, static function (mixed $secret) use (&$forms): void {
            $secret = is_scalar($secret) ? (string) $secret : '';
            $json = substr((string) json_encode($secret, JSON_INVALID_UTF8_SUBSTITUTE), 1, -1);
            $forms[] = $secret;
            $forms[] = urlencode($secret);
            $forms[] = rawurlencode($secret);
            $forms[] = htmlspecialchars($secret, ENT_QUOTES | ENT_SUBSTITUTE);
            $forms[] = $json;
            $forms[] = str_replace('\\/', '/', $json);
            $forms[] = strlen($secret) > 2 ? base64_encode($secret) : '';
        });
        $forms = array_values(array_filter(array_unique($forms), static fn (string $form): bool => $form !== ''));
        usort($forms, static fn (string $a, string $b): int => strlen($b) <=> strlen($a));
        return $forms;
    }
}
