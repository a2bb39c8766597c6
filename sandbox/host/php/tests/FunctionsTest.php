<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use SandboxHost\Crypt;
use SandboxHost\Database;

final class FunctionsTest extends TestCase
{
    protected function setUp(): void
    {
        Database::pdo()->beginTransaction();
    }

    protected function tearDown(): void
    {
        Database::pdo()->rollBack();
        \SandboxHost\Settings::forget();
    }

    public function testTheSealedFormIsTheOneThatTheHostWrites(): void
    {
        $nonce = str_repeat("\x07", 12);
        $key = hash('sha256', 'a long hash', true);
        $sealed = base64_encode($nonce . sodium_crypto_aead_chacha20poly1305_ietf_encrypt('secret', '', $nonce, $key));
        self::assertSame('secret', decrypt($sealed));
        self::assertSame('secret', decrypt(encrypt('secret')));
        self::assertNotSame(encrypt('secret'), encrypt('secret'));
        self::assertSame('', decrypt('no sealed text'));
        self::assertSame('plain', Crypt::openOrKeep('plain'));
    }

    public function testRegistrarSettingsAreOpened(): void
    {
        Database::insert('tblregistrars', ['registrar' => 'acme', 'setting' => 'Password', 'value' => encrypt('pw')]);
        Database::insert('tblregistrars', ['registrar' => 'acme', 'setting' => 'Login', 'value' => 'me']);
        self::assertSame(['Password' => 'pw', 'Login' => 'me'], getRegistrarConfigOptions('acme'));
        self::assertSame('', getGatewayVariables('nothing')['type']);
    }

    public function testTheMaskHidesEveryFormAndItsLength(): void
    {
        $short = $this->logged('a/b', ['a/b', '']);
        $long = $this->logged(str_repeat('a/b c', 20), [str_repeat('a/b c', 20)]);
        self::assertSame($short, $long);
        self::assertSame($this->logged('kept', []), ['acme|call|Array', 'kept']);
    }

    public function testNothingIsLoggedWhenLoggingIsOff(): void
    {
        \SandboxHost\Settings::remember('ModuleDebugMode', '');
        logModuleCall('acme', 'call', 'q', 'a');
        self::assertSame([], Database::rows('SELECT * FROM tblmodulelog'));
    }

    public function testHooksRunInOrderOfPriorityThenOfRegistration(): void
    {
        add_hook('Point', 5, static fn (array $vars): string => 'b' . $vars['x']);
        add_hook('Point', 1, static fn (array $vars): string => 'a' . $vars['x']);
        add_hook('Point', 5, static fn (array $vars) => null);
        add_hook('Point', 5, 'defined_later');
        self::assertSame(['a1', 'b1'], run_hook('Point', ['x' => 1]));
        clear_hooks('Point');
        self::assertSame([], run_hook('Point', ['x' => 1]));
    }

    public function testMoney(): void
    {
        self::assertSame('500.00', convertCurrency(10, 1, 2));
        self::assertSame('0.20', convertCurrency('10', 2, 1));
        $price = formatCurrency('1234.5', 1);
        self::assertSame('$1234.50 USD', (string) $price);
        self::assertSame(1234.5, $price->toNumeric());
        self::assertSame('USD', getCurrency(1)['code']);
    }

    public function testDates(): void
    {
        self::assertSame('03/02/2031', fromMySQLDate('2031-02-03'));
        self::assertSame('03/02/2031 04:05', fromMySQLDate('2031-02-03 04:05:06', true));
        self::assertSame('', fromMySQLDate('0000-00-00'));
        self::assertSame('2031-02-03', toMySQLDate('03/02/2031'));
        self::assertSame('2031-02-03', toMySQLDate('2031-02-03'));
    }

    public function testLegacyQueriesBindTheirValues(): void
    {
        insert_query('tblclients', ['firstname' => "O'Neil; --", 'currency' => 1]);
        $result = select_query('tblclients', 'id,firstname', ['firstname' => ['sqltype' => 'LIKE', 'value' => "O'N"]], 'id', 'DESC');
        self::assertSame(1, mysql_num_rows($result));
        $row = mysql_fetch_array($result);
        self::assertSame("O'Neil; --", $row['firstname']);
        self::assertSame($row['id'], $row[0]);
        update_query('tblclients', ['currency' => '+=2'], ['id' => $row['id']]);
        self::assertSame(3, get_query_val('tblclients', 'currency', ['id' => $row['id']]));
        delete_query('tblclients', ['id' => $row['id']]);
        self::assertFalse(mysql_fetch_array(select_query('tblclients', '*', ['id' => $row['id']])));
    }

    public function testClientDetails(): void
    {
        $details = getClientsDetails(1);
        self::assertSame('Mona Ali', $details['fullname']);
        self::assertSame('Egypt', $details['countryname']);
        self::assertSame('USD', $details['currency_code']);
        self::assertArrayNotHasKey('password', $details);
        self::assertSame([], getClientsDetails(12345));
    }

    /** @return list<string> */
    private function logged(string $secret, array $hidden): array
    {
        Database::run('DELETE FROM tblmodulelog');
        logModuleCall('Acme', 'Call', ['q' => $secret], $secret, '', $hidden);
        $row = Database::row('SELECT module, action, request, response FROM tblmodulelog');
        if ($hidden !== []) {
            self::assertStringNotContainsString($secret, $row['request']);
            return [$row['request'], $row['response']];
        }
        return [$row['module'] . '|' . $row['action'] . '|' . strtok($row['request'], "\n"), $row['response']];
    }
}
