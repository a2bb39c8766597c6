<?php

declare(strict_types=1);

namespace SandboxHost;

use WHMCS\Domain\Registrar\Domain as RegistrarDomain;
use WHMCS\Domains\Domain;
use WHMCS\Domains\DomainLookup\SearchResult;

/** Turns what a module returned into something that JSON can say; Php::call documents the shapes. */
final class Encoder
{
    private const DEEPEST = 40;

    public static function encode(mixed $value, int $depth = 0): mixed
    {
        if (is_string($value)) {
            return self::text($value);
        }
        if (is_float($value) && !is_finite($value)) {
            return ['__unencodable' => 'the number ' . $value];
        }
        if (is_resource($value)) {
            return ['__unencodable' => 'a resource of type ' . get_resource_type($value)];
        }
        if (!is_array($value) && !is_object($value)) {
            return $value;
        }
        if ($depth > self::DEEPEST) {
            return ['__unencodable' => 'something nested deeper than ' . self::DEEPEST . ' levels'];
        }
        return is_array($value) ? self::map($value, $depth) : self::object($value, $depth);
    }

    private static function text(string $value): mixed
    {
        if (preg_match('//u', $value)) {
            return $value;
        }
        return ['__unencodable' => 'text that is not UTF-8', 'base64' => base64_encode($value)];
    }

    /** @param array<array-key, mixed> $value */
    private static function map(array $value, int $depth): array
    {
        foreach ($value as $key => $item) {
            if (is_array($item) || is_object($item) || !is_int($item)) {
                $value[$key] = self::encode($item, $depth + 1);
            }
        }
        return $value;
    }

    private static function object(object $value, int $depth): mixed
    {
        $named = ['__class' => get_class($value)];
        if ($value instanceof \Closure) {
            $code = new \ReflectionFunction($value);
            return ['__unencodable' => 'a closure of ' . basename((string) $code->getFileName()) . ':' . $code->getStartLine()];
        }
        if ($value instanceof SearchResult) {
            return $named + self::searchResult($value);
        }
        if ($value instanceof Domain) {
            return $named + ['domain' => $value->getDomain()];
        }
        if ($value instanceof RegistrarDomain) {
            return $named + self::map($value->fields(), $depth);
        }
        if ($value instanceof \DateTimeInterface) {
            return $named + ['date' => $value->format('Y-m-d'), 'time' => $value->format(\DateTimeInterface::ATOM)];
        }
        if ($value instanceof \stdClass) {
            return self::map((array) $value, $depth) ?: new \stdClass();
        }
        if ($value instanceof \ArrayObject) {
            return $named + ['items' => array_values(self::map($value->getArrayCopy(), $depth))];
        }
        foreach (['jsonSerialize', 'toArray'] as $way) {
            if (method_exists($value, $way)) {
                $plain = $value->$way();
                $plain = self::encode($plain, $depth + 1);
                return is_array($plain) && !array_is_list($plain) ? $named + $plain : $named + ['value' => $plain];
            }
        }
        if (method_exists($value, '__toString')) {
            return $named + ['text' => self::text((string) $value)];
        }
        if ($value instanceof \Traversable) {
            return $named + ['items' => self::map(iterator_to_array($value, false), $depth)];
        }
        return $named + self::map(get_object_vars($value), $depth);
    }

    /** @return array<string, mixed> */
    private static function searchResult(SearchResult $result): array
    {
        $words = [
            SearchResult::STATUS_NOT_REGISTERED => 'available',
            SearchResult::STATUS_REGISTERED => 'registered',
            SearchResult::STATUS_RESERVED => 'reserved',
            SearchResult::STATUS_TLD_NOT_SUPPORTED => 'unsupported',
        ];
        return [
            'sld' => $result->getSecondLevel(),
            'tld' => $result->getTopLevel(),
            'status' => $words[$result->getStatus()] ?? 'unknown',
            'score' => $result->getScore(),
            'premium' => $result->isPremiumDomain(),
            'pricing' => self::encode($result->getPremiumCostPricing() ?: null, 1),
        ];
    }
}
