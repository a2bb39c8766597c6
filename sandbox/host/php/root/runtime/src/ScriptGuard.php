<?php

declare(strict_types=1);

namespace SandboxHost;

/** Lets an entry script that dies of a fatal error say where, instead of answering with an empty page. */
final class ScriptGuard
{
    public static function arm(): void
    {
        if (!defined('CLIENTAREA') && !defined('ADMINAREA')) {
            define('CLIENTAREA', true);
        }
        register_shutdown_function([self::class, 'report']);
    }

    public static function report(): void
    {
        $last = error_get_last();
        $fatal = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;
        if ($last === null || ($last['type'] & $fatal) === 0) {
            return;
        }
        if (!headers_sent()) {
            http_response_code(500);
            header('Content-Type: text/plain; charset=utf-8');
        }
        $file = str_replace(Host::$root . '/', '', $last['file']);
        echo Answer::explain((string) strtok($last['message'], "\n")), " ($file:{$last['line']})\n";
    }
}
