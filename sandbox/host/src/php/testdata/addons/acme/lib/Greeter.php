<?php

namespace WHMCS\Module\Addon\Acme;

class Greeter
{
    public function greet($link)
    {
        return 'Hello from ' . $link;
    }
}
