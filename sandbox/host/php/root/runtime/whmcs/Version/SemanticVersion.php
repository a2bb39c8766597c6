<?php

namespace WHMCS\Version;

class SemanticVersion
{
    private $version;

    public function __construct($version)
    {
        $this->version = (string) $version;
    }

    public static function compare(self $a, self $b, $operator)
    {
        return version_compare($a->getCanonical(), $b->getCanonical(), $operator);
    }

    public function getCanonical()
    {
        return $this->version;
    }

    public function getRelease()
    {
        return strtok($this->version, '-');
    }

    public function getCasual()
    {
        return $this->getRelease();
    }

    public function getMajor()
    {
        return (int) $this->version;
    }

    public function getMinor()
    {
        return (int) explode('.', $this->version)[1];
    }

    public function __toString()
    {
        return $this->version;
    }
}
