<?php

declare(strict_types=1);

namespace SandboxHost;

/**
 * `$CONFIG`: the rows of tblconfiguration, read when first asked for.
 *
 * @implements \ArrayAccess<string, mixed>
 * @implements \IteratorAggregate<string, mixed>
 */
final class SettingsMap implements \ArrayAccess, \IteratorAggregate, \Countable
{
    public function offsetExists(mixed $offset): bool
    {
        return isset(Settings::all()[(string) $offset]);
    }

    public function offsetGet(mixed $offset): mixed
    {
        return Settings::all()[(string) $offset] ?? null;
    }

    public function offsetSet(mixed $offset, mixed $value): void
    {
        Settings::remember((string) $offset, $value);
    }

    public function offsetUnset(mixed $offset): void
    {
        Settings::remember((string) $offset, null);
    }

    public function getIterator(): \Traversable
    {
        return new \ArrayIterator(Settings::all());
    }

    public function count(): int
    {
        return count(Settings::all());
    }
}
