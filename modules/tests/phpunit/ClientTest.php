<?php

use PHPUnit\Framework\TestCase;
use Wharf\Client;
use Wharf\Failure;
use Wharf\Params;
use Wharf\Unreachable;

require_once __DIR__ . '/../../wharf/client.php';

final class ClientTest extends TestCase
{
    /** @var FakeDaemon|null */
    private $daemon;

    protected function setUp(): void
    {
        Logs::clear();
    }

    protected function tearDown(): void
    {
        Client::$transport = null;
        if ($this->daemon !== null) {
            $this->daemon->stop();
        }
    }

    /** The real sending, with a connection of the test instead of the installed one. */
    private function connect(array $connection): void
    {
        $send = new ReflectionMethod(Client::class, 'send');
        $send->setAccessible(true);
        Client::$transport = static function (array $installed, string $path, string $body, int $timeoutMs) use ($send, $connection) {
            return $send->invoke(null, $connection, $path, $body, $timeoutMs);
        };
        $this->installed();
    }

    /** The file that the installer writes is looked for in WHMCS's root. */
    private function installed(): void
    {
        if (!defined('ROOTDIR')) {
            define('ROOTDIR', __DIR__ . '/root');
        }
    }

    public function testACallIsOnePostWithTokenAndPlainParameters(): void
    {
        $this->daemon = FakeDaemon::answering([
            'return' => ['success' => true],
            'log' => ['request' => 'COMMAND=X', 'response' => 'CODE=200', 'mask' => ['hunter2']],
            'activity' => ['something happened'],
        ]);
        $this->connect(['socket' => $this->daemon->socket, 'token' => 'the-token']);
        $this->assertSame(['success' => true], Client::change('registrar', 'wharf_SaveNameservers', ['ns1' => 'ns1.example.net']));

        $asked = $this->daemon->asked();
        $this->assertStringStartsWith('POST /whmcs/registrar/wharf/SaveNameservers HTTP/1.1', $asked['head']);
        $this->assertStringContainsString('Authorization: Bearer the-token', $asked['head']);
        $this->assertStringContainsString('Content-Type: application/json', $asked['head']);
        $this->assertSame(['ns1' => 'ns1.example.net'], $asked['body']);
        $this->assertSame(
            [['wharf', 'SaveNameservers', 'COMMAND=X', 'CODE=200', ['success' => true], ['hunter2']]],
            Logs::$module
        );
        $this->assertSame(['something happened'], Logs::$activity);
    }

    public function testTheModuleIsNamedByItsFunctions(): void
    {
        $paths = [];
        $this->installed();
        Client::$transport = static function (array $connection, string $path) use (&$paths): array {
            $paths[] = $path;
            return [200, '{"return":null}'];
        };
        Client::read('registrar', 'ispapi_GetNameservers', []);
        Client::read('registrar', 'wharf_config_validate', []);
        $this->assertSame(['/whmcs/registrar/ispapi/GetNameservers', '/whmcs/registrar/wharf/config_validate'], $paths);
    }

    public function testAStoppedDaemonIsNamedAtOnce(): void
    {
        $this->connect(['socket' => '/nonexistent/wharf.sock', 'url' => 'http://127.0.0.1:9', 'token' => 't']);
        $started = microtime(true);
        try {
            Client::read('registrar', 'wharf_GetNameservers', []);
            $this->fail('no failure');
        } catch (Unreachable $failure) {
            $this->assertStringStartsWith('Wharf is not running or cannot be reached (', $failure->getMessage());
            $this->assertStringEndsWith('Start it with: systemctl start wharf', $failure->getMessage());
        }
        $this->assertLessThan(1.0, microtime(true) - $started);
    }

    public function testAnErrorOfTheDaemonIsPassedOn(): void
    {
        foreach ([[401, '', 'its token was refused'], [503, '{"error":"the database is in trouble"}', 'the database is in trouble'],
            [200, '<html>', 'an answer that is none'], [500, '', 'status 500']] as [$status, $body, $text]) {
            $this->installed();
            Client::$transport = static function () use ($status, $body): array {
                return [$status, $body];
            };
            try {
                Client::read('registrar', 'wharf_GetNameservers', []);
                $this->fail('no failure');
            } catch (Failure $failure) {
                $this->assertStringContainsString($text, $failure->getMessage());
            }
        }
    }

    public function testACutConnectionIsNotCalledARefusal(): void
    {
        $this->daemon = new FakeDaemon('');
        $this->connect(['socket' => $this->daemon->socket, 'token' => 't']);
        $this->expectException(Failure::class);
        $this->expectExceptionMessage('What it began, it ends by itself');
        Client::change('registrar', 'wharf_RegisterDomain', []);
    }

    public function testParametersAreReducedToPlainData(): void
    {
        $model = new stdClass();
        $model->id = 12;
        $reduced = Params::reduce([
            'domainObj' => new WHMCS\Domains\Domain('example', 'com'),
            'model' => $model,
            'clientsdetails' => ['email' => 'a@example.org', 'model' => $model],
            'original' => ['domainObj' => new WHMCS\Domains\Domain('example', 'com'), 'sld' => 'example'],
            'callback' => static function () {
            },
            'when' => new DateTimeImmutable('2030-01-02 03:04:05'),
            'nothing' => null,
            'other' => new stdClass(),
            'regperiod' => 2,
            'premiumCost' => 1.5,
            'idprotection' => false,
        ]);
        $this->assertSame([
            'domainObj' => 'example.com',
            'model' => ['id' => 12],
            'clientsdetails' => ['email' => 'a@example.org'],
            'original' => ['domainObj' => 'example.com', 'sld' => 'example'],
            'when' => '2030-01-02 03:04:05',
            'regperiod' => 2,
            'premiumCost' => 1.5,
            'idprotection' => false,
        ], $reduced);
    }
}
