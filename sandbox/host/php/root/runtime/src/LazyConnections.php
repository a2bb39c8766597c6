<?php

declare(strict_types=1);

namespace SandboxHost;

use Illuminate\Database\ConnectionResolverInterface;
use WHMCS\Database\Capsule;

/** Starts Capsule when a model first needs it; a model that only carries a row never does. */
final class LazyConnections implements ConnectionResolverInterface
{
    public function connection($name = null)
    {
        return Capsule::connection($name);
    }

    public function getDefaultConnection()
    {
        return 'default';
    }

    public function setDefaultConnection($name)
    {
    }
}
