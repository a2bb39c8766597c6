<?php

namespace WHMCS\Database;

use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Connection;
use SandboxHost\Database;
use SandboxHost\SqliteConnection;

/** The query builder over the installation's database. The upstream class under its own name is the same object. */
class Capsule extends Manager
{
    public static function start()
    {
        if (static::$instance !== null) {
            return;
        }
        Connection::resolverFor('sqlite', static function ($pdo, $database, $prefix, $config) {
            return new SqliteConnection(static fn () => Database::pdo(), $database, $prefix, $config);
        });
        $capsule = new static();
        $capsule->addConnection(['driver' => 'sqlite', 'database' => \SandboxHost\Host::$database, 'prefix' => '']);
        $capsule->setAsGlobal();
    }

    public static function getPdo()
    {
        return static::connection()->getPdo();
    }

    public static function getInstance()
    {
        return static::$instance;
    }
}

Capsule::start();
