<?php

declare(strict_types=1);

namespace SandboxHost;

/** Which modules are switched on, as the tables tell. */
final class ActiveModules
{
    private const QUERIES = [
        'registrars' => 'SELECT DISTINCT registrar AS name FROM tblregistrars',
        'gateways' => 'SELECT DISTINCT gateway AS name FROM tblpaymentgateways',
        'servers' => 'SELECT servertype AS name FROM tblproducts UNION SELECT type FROM tblservers'
            . ' UNION SELECT module FROM tbladdons',
        'addons' => 'SELECT DISTINCT module AS name FROM tbladdonmodules',
    ];

    /** @return array<string, true> keys such as `registrars/somename`, lower case */
    public static function keys(): array
    {
        $active = [];
        foreach (self::QUERIES as $folder => $query) {
            foreach (self::names($folder, $query) as $name) {
                $active[$folder . '/' . strtolower((string) $name)] = true;
            }
        }
        return $active;
    }

    /** @return list<mixed> */
    private static function names(string $folder, string $query): array
    {
        $rows = Database::rows($query);
        if ($rows === [] && $folder === 'servers') {
            $rows = Database::rows('SELECT DISTINCT servertype AS name FROM tblproducts');
        }
        return array_column($rows, 'name');
    }
}
