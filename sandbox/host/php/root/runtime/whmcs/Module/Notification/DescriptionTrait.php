<?php

namespace WHMCS\Module\Notification;

trait DescriptionTrait
{
    protected $displayName = '';
    protected $logoFileName = 'logo.png';

    public function isActive()
    {
        return true;
    }

    public function getName()
    {
        return basename(str_replace('\\', '/', static::class));
    }

    public function getDisplayName()
    {
        return $this->displayName ?: $this->getName();
    }

    protected function setDisplayName($name)
    {
        $this->displayName = (string) $name;
        return $this;
    }

    public function getLogoPath()
    {
        return '/modules/notifications/' . $this->getName() . '/' . $this->logoFileName;
    }

    protected function setLogoFileName($name)
    {
        $this->logoFileName = (string) $name;
        return $this;
    }
}
