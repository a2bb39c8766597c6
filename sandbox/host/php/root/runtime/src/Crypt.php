<?php

declare(strict_types=1);

namespace SandboxHost;

/**
 * Stored passwords: base64 of a 12-byte nonce and ChaCha20-Poly1305 (IETF) text with tag, keyed by the SHA-256 of
 * `cc_encryption_hash`. The host's Rust side reads and writes the same.
 */
final class Crypt
{
    public static function seal(string $text): string
    {
        $nonce = random_bytes(SODIUM_CRYPTO_AEAD_CHACHA20POLY1305_IETF_NPUBBYTES);
        return base64_encode($nonce . sodium_crypto_aead_chacha20poly1305_ietf_encrypt($text, '', $nonce, self::key()));
    }

    public static function open(string $sealed): ?string
    {
        $bytes = base64_decode($sealed, true);
        $least = SODIUM_CRYPTO_AEAD_CHACHA20POLY1305_IETF_NPUBBYTES + SODIUM_CRYPTO_AEAD_CHACHA20POLY1305_IETF_ABYTES;
        if ($bytes === false || strlen($bytes) < $least) {
            return null;
        }
        $nonce = substr($bytes, 0, SODIUM_CRYPTO_AEAD_CHACHA20POLY1305_IETF_NPUBBYTES);
        $text = sodium_crypto_aead_chacha20poly1305_ietf_decrypt(substr($bytes, strlen($nonce)), '', $nonce, self::key());
        return $text === false ? null : $text;
    }

    /** Settings tables hold sealed and plain values; the tag tells them apart for certain. */
    public static function openOrKeep(mixed $value): mixed
    {
        return is_string($value) ? (self::open($value) ?? $value) : $value;
    }

    private static function key(): string
    {
        return hash('sha256', Host::$encryptionHash, true);
    }
}
