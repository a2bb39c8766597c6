<?php

namespace WHMCS\Domains;

/** A domain name, split at its first dot. Deliberately not castable to a string, as in WHMCS. */
class Domain
{
    protected $secondLevel = '';
    protected $topLevel = '';

    /** A full name, or the second level with the top level (with or without its dot) as second argument. */
    public function __construct($domain = '', $topLevel = null)
    {
        $domain = trim((string) $domain);
        if ($topLevel === null) {
            $parts = explode('.', $domain, 2);
            $domain = $parts[0];
            $topLevel = $parts[1] ?? '';
        }
        $this->secondLevel = $domain;
        $this->topLevel = ltrim((string) $topLevel, '.');
    }

    public static function createFromSldAndTld($secondLevel, $topLevel)
    {
        return new static($secondLevel, $topLevel);
    }

    public function getDomain($idn = true)
    {
        $name = $this->secondLevel . ($this->topLevel === '' ? '' : '.' . $this->topLevel);
        return $idn ? $name : $this->toPunycode();
    }

    public function getRawDomain()
    {
        return $this->getDomain();
    }

    public function getSecondLevel()
    {
        return $this->secondLevel;
    }

    public function getSLD()
    {
        return $this->secondLevel;
    }

    public function getTopLevel()
    {
        return $this->topLevel;
    }

    public function getTLD()
    {
        return $this->topLevel;
    }

    public function getDotTopLevel()
    {
        return $this->topLevel === '' ? '' : '.' . $this->topLevel;
    }

    public function getTLDWithDot()
    {
        return $this->getDotTopLevel();
    }

    public function getLastTLDSegment()
    {
        return substr((string) strrchr('.' . $this->topLevel, '.'), 1);
    }

    public function isIdn()
    {
        $name = $this->getDomain();
        return (bool) preg_match('/[^\x00-\x7f]|(?:^|\.)xn--/i', $name);
    }

    public function toUnicode()
    {
        return self::unicode($this->getDomain());
    }

    public function toPunycode()
    {
        return self::punycode($this->getDomain());
    }

    public function getUnicodeSecondLevel()
    {
        return self::unicode($this->secondLevel);
    }

    public function getUnicodeTopLevel()
    {
        return self::unicode($this->topLevel);
    }

    public function getPunycodeSecondLevel()
    {
        return self::punycode($this->secondLevel);
    }

    public function getPunycodeTopLevel()
    {
        return self::punycode($this->topLevel);
    }

    public static function isValidDomainName($secondLevel, $topLevel = '')
    {
        $name = self::punycode($secondLevel . ($topLevel === '' ? '' : '.' . ltrim($topLevel, '.')));
        return (bool) preg_match('/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i', $name);
    }

    private static function punycode($name)
    {
        if ($name === '' || !preg_match('/[^\x00-\x7f]/', $name)) {
            return $name;
        }
        return idn_to_ascii($name, IDNA_NONTRANSITIONAL_TO_ASCII, INTL_IDNA_VARIANT_UTS46) ?: $name;
    }

    private static function unicode($name)
    {
        if (stripos($name, 'xn--') === false) {
            return $name;
        }
        return idn_to_utf8($name, IDNA_NONTRANSITIONAL_TO_UNICODE, INTL_IDNA_VARIANT_UTS46) ?: $name;
    }
}
