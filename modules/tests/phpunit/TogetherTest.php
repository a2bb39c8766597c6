<?php

declare(strict_types=1);

namespace Wharf\Tests;

use PHPUnit\Framework\TestCase;

/**
 * WHMCS may load modules of several kinds in one request, in any order.
 */
final class TogetherTest extends TestCase
{
    /**
     * @dataProvider orders
     */
    public function testModulesOfOneNameLoadTogether(string ...$files): void
    {
        $code = "define('WHMCS', true);";
        foreach ($files as $file) {
            $code .= 'require ' . var_export(dirname(__DIR__, 2) . '/' . $file, true) . ';';
        }
        $code .= 'echo wharf_MetaData()["RequiresServer"] ? "both" : "one";';
        exec(escapeshellarg(PHP_BINARY) . ' -d display_errors=1 -r ' . escapeshellarg($code) . ' 2>&1', $output, $status);
        $this->assertSame([0, 'both'], [$status, implode("\n", $output)]);
    }

    public function orders(): array
    {
        [$registrar, $server, $gateway] = ['registrars/wharf/wharf.php', 'servers/wharf/wharf.php', 'gateways/wharf.php'];
        return [
            [$registrar, $server, $gateway],
            [$gateway, $server, $registrar],
            [$server, $registrar, $gateway],
        ];
    }
}
