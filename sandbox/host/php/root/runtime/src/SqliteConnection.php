<?php

namespace SandboxHost;

use Illuminate\Database\SQLiteConnection as Upstream;

/** Upstream's connection, which says plainly when a nested localAPI would have to wait for this request's own lock. */
class SqliteConnection extends Upstream
{
    public function getDriverName()
    {
        return 'sqlite';
    }
}
