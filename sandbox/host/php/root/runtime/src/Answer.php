<?php

declare(strict_types=1);

namespace SandboxHost;

/**
 * What the runner says at the end of the request, however it ends: return, exception, fatal error or exit().
 * Loaded before everything else so that even a broken boot is reported.
 */
final class Answer
{
    public static bool $exists = false;
    public static mixed $value = null;

    /** @var array{class: string, message: string, file: string, line: int}|null */
    public static ?array $failure = null;

    private static bool $complete = false;
    private static bool $sent = false;
    private static string $mark = '';

    public static function prepare(string $mark): void
    {
        self::$mark = $mark;
        // Effects of a module must not stop half-way because the asker went away.
        ignore_user_abort(true);
        register_shutdown_function([self::class, 'send']);
    }

    public static function complete(): void
    {
        self::$complete = true;
    }

    public static function fail(\Throwable $error): void
    {
        self::$complete = true;
        self::$value = null;
        self::$failure = [
            'class' => get_class($error),
            'message' => self::explain($error->getMessage()),
            'file' => self::shorten($error->getFile()),
            'line' => $error->getLine(),
        ];
    }

    public static function send(): void
    {
        if (self::$sent) {
            return;
        }
        self::$sent = true;
        $output = '';
        while (ob_get_level() > 0) {
            $output = ob_get_clean() . $output;
        }
        self::noteFatalError();
        $exited = !self::$complete && self::$failure === null;
        $answer = [
            'exists' => self::$exists,
            'value' => $exited ? null : self::encode(self::$value),
            'output' => $output,
            'failure' => self::$failure,
            'exited' => $exited,
        ];
        echo self::$mark, json_encode($answer, self::JSON);
    }

    private const JSON = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION
        | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;

    private static function encode(mixed $value): mixed
    {
        if ($value === null || is_bool($value) || is_int($value)) {
            return $value;
        }
        try {
            return Encoder::encode($value);
        } catch (\Throwable $error) {
            self::fail($error);
            return null;
        }
    }

    private static function noteFatalError(): void
    {
        $last = error_get_last();
        $fatal = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;
        if (self::$complete || $last === null || ($last['type'] & $fatal) === 0) {
            return;
        }
        self::$failure = [
            'class' => 'FatalError',
            'message' => self::explain((string) strtok($last['message'], "\n")),
            'file' => self::shorten($last['file']),
            'line' => $last['line'],
        ];
    }

    /** Tells a gap in this host from a mistake in the module. */
    public static function explain(string $message): string
    {
        if (preg_match('/(?:Class|Interface|Trait) "(WHMCS\\\\[^"]+)" not found/', $message, $match)) {
            return $message . '. This host does not provide ' . $match[1] . '.';
        }
        return $message;
    }

    /** Relative to the installation. */
    private static function shorten(string $file): string
    {
        $root = dirname(__DIR__, 2) . '/';
        return strncmp($file, $root, strlen($root)) === 0 ? substr($file, strlen($root)) : $file;
    }
}
