<?php

declare(strict_types=1);

namespace SandboxHost;

/**
 * `$_SESSION`. Who is logged in comes from the host with every request; what modules put beside it is kept in a file
 * per session, without a lock, because a page may lead to nested requests of the same visitor.
 */
final class SessionStore implements \SessionHandlerInterface
{
    /** Keys that only the host sets. */
    private const OWN = ['uid', 'adminid', 'token', 'tkval', 'Language', 'cid', 'cart'];

    private static string $kept = '';

    public static function start(string $json): void
    {
        $told = json_decode($json, true) ?: [];
        if (PHP_SAPI === 'cli') {
            $_SESSION = $_SESSION ?? [];
        } else {
            $id = (string) ($told['id'] ?? '');
            self::$kept = $id === '' ? '' : hash('sha256', $id);
            session_set_save_handler(new self(), false);
            session_id(self::$kept === '' ? 'none' : self::$kept);
            session_start(['use_cookies' => 0, 'cache_limiter' => '']);
            register_shutdown_function('session_write_close');
        }
        foreach (self::OWN as $key) {
            unset($_SESSION[$key]);
        }
        $_SESSION += array_filter([
            'uid' => $told['uid'] ?? null,
            'adminid' => $told['admin_id'] ?? null,
            'Language' => ($told['language'] ?? '') ?: null,
            'token' => $told['token'] ?? null,
            'tkval' => $told['token'] ?? null,
            'cart' => $told['cart'] ?? null,
        ], static fn ($value): bool => $value !== null);
    }

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function read(string $id): string|false
    {
        $file = $this->file();
        return $file !== null && is_file($file) ? (string) file_get_contents($file) : '';
    }

    public function write(string $id, string $data): bool
    {
        $file = $this->file();
        $extra = array_diff_key($_SESSION ?? [], array_flip(self::OWN));
        if ($file === null || ($extra === [] && !is_file($file))) {
            return true;
        }
        $half = $file . '.' . getmypid();
        return file_put_contents($half, $data) !== false && rename($half, $file);
    }

    public function destroy(string $id): bool
    {
        $file = $this->file();
        if ($file !== null && is_file($file)) {
            unlink($file);
        }
        return true;
    }

    public function gc(int $max_lifetime): int|false
    {
        return 0;
    }

    private function file(): ?string
    {
        return self::$kept === '' ? null : Host::$runDir . '/sessions/' . self::$kept;
    }
}
