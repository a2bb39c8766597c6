<?php

namespace WHMCS\View;

class Asset
{
    public static function fontCssInclude($file)
    {
        return '<link href="' . htmlspecialchars(\SandboxHost\Host::path() . '/assets/fonts/css/' . $file) . '" rel="stylesheet">';
    }

    public static function cssInclude($file)
    {
        return '<link href="' . htmlspecialchars(\SandboxHost\Host::path() . '/assets/css/' . $file) . '" rel="stylesheet">';
    }

    public static function jsInclude($file)
    {
        return '<script src="' . htmlspecialchars(\SandboxHost\Host::path() . '/assets/js/' . $file) . '"></script>';
    }
}
