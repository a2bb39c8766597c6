<?php

namespace WHMCS\Utility\Environment;

class WebHelper
{
    public static function getBaseUrl()
    {
        return \SandboxHost\Host::path();
    }

    public static function getAdminBaseUrl()
    {
        return \SandboxHost\Host::path() . '/admin';
    }
}
