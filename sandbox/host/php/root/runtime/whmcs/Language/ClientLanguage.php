<?php

namespace WHMCS\Language;

class ClientLanguage
{
    private $name;

    public function __construct($name = 'english')
    {
        $this->name = (string) $name;
    }

    public static function factory($session = '', $request = '', $input = '', $default = '')
    {
        return new static($input ?: $request ?: $session ?: $default ?: \SandboxHost\Host::language());
    }

    public static function getLanguages($path = null)
    {
        $files = glob(ROOTDIR . '/lang/*.php') ?: [];
        return array_map(static fn ($file) => basename($file, '.php'), $files) ?: ['english'];
    }

    public static function getValidLanguageName($language)
    {
        return in_array(strtolower((string) $language), static::getLanguages(), true) ? strtolower($language) : 'english';
    }

    public function getName()
    {
        return $this->name;
    }

    public function getLocale()
    {
        return \SandboxHost\Language::text('locale');
    }

    public function trans($key, array $replace = [])
    {
        return \SandboxHost\Language::text((string) $key, $replace);
    }

    public function toArray()
    {
        return $GLOBALS['_LANG'];
    }
}
