<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use Wharf\Client;

/**
 * What the server module returns to WHMCS, and what it asks Wharf for.
 *
 * @runTestsInSeparateProcesses because the modules of all kinds define functions of the same names
 * @preserveGlobalState disabled
 */
final class ServerModuleTest extends TestCase
{
    /** @var array{string, array, int}[] path, parameters and time limit of each call */
    private $calls = [];

    /** @var array{int, string} */
    private $answer = [200, '{"return":{}}'];

    protected function setUp(): void
    {
        defined('WHMCS') || define('WHMCS', true);
        defined('ROOTDIR') || define('ROOTDIR', sys_get_temp_dir() . '/wharf-server-module-' . getmypid());
        $folder = ROOTDIR . '/modules/wharf';
        if (!is_file($folder . '/connection.php')) {
            is_dir($folder) || mkdir($folder, 0700, true);
            file_put_contents($folder . '/connection.php', "<?php return ['socket' => '/nowhere', 'token' => 't'];");
        }
        require_once __DIR__ . '/../../servers/wharf/wharf.php';
        Client::$transport = function (array $connection, string $path, string $body, int $timeoutMs): array {
            $this->calls[] = [$path, json_decode($body, true), $timeoutMs];
            return $this->answer;
        };
    }

    protected function tearDown(): void
    {
        foreach (['/modules/wharf/connection.php' => 'unlink', '/modules/wharf' => 'rmdir', '/modules' => 'rmdir', '' => 'rmdir'] as $path => $remove) {
            @$remove(ROOTDIR . $path);
        }
    }

    private function answering(array $return): void
    {
        $this->answer = [200, (string) json_encode(['return' => $return])];
    }

    public function testMetaDataAndOptionsNeedNoDaemon(): void
    {
        self::assertTrue(wharf_MetaData()['RequiresServer']);
        self::assertSame(['Connector', 'Plan'], array_keys(wharf_ConfigOptions()), 'the order makes configoption1 and 2');
        self::assertSame([], $this->calls);
    }

    public function testCreateStoresThePropertiesAndReturnsTheResult(): void
    {
        $this->answering(['result' => 'success', 'properties' => ['License Key' => 'SSHD-1', 'Service ID' => 'svc_1']]);
        $model = self::model();
        self::assertSame('success', wharf_CreateAccount(['serviceid' => 17, 'model' => $model, 'domain' => 'example.com']));
        self::assertSame([['License Key' => 'SSHD-1', 'Service ID' => 'svc_1']], $model->serviceProperties->saved);
        [$path, $params, $limit] = $this->calls[0];
        self::assertSame('/whmcs/server/wharf/CreateAccount', $path);
        self::assertSame(['serviceid' => 17, 'model' => ['id' => 17], 'domain' => 'example.com'], $params);
        self::assertGreaterThan(25000, $limit, 'Wharf answers a change within 25 s');
    }

    public function testPropertiesThatCannotBeStoredAreAnError(): void
    {
        $this->answering(['result' => 'success', 'properties' => ['License Key' => 'SSHD-1']]);
        $model = self::model();
        $model->serviceProperties->fail = true;
        self::assertStringContainsString('could not store', wharf_CreateAccount(['serviceid' => 17, 'model' => $model]));
    }

    /** @dataProvider changes */
    public function testAFailedChangeIsAText(string $function): void
    {
        $this->answering(['result' => 'SiteShield: no such plan']);
        self::assertSame('SiteShield: no such plan', $function(['serviceid' => 17]));
        $this->answer = [500, '{"error":"Wharf\'s database is in trouble"}'];
        self::assertSame('Wharf\'s database is in trouble', $function(['serviceid' => 17]));
        $this->answer = [502, '<html>'];
        self::assertNotSame('success', $function(['serviceid' => 17]));
        $this->answering([]);
        self::assertNotSame('success', $function(['serviceid' => 17]));
    }

    public function changes(): array
    {
        return [
            ['wharf_CreateAccount'], ['wharf_SuspendAccount'], ['wharf_UnsuspendAccount'], ['wharf_TerminateAccount'],
        ];
    }

    public function testTheConnectionTestHasBothKeysAlways(): void
    {
        $this->answering(['success' => true, 'error' => '']);
        self::assertSame(['success' => true, 'error' => ''], wharf_TestConnection([]));
        $this->answering(['success' => false, 'error' => 'it refuses the API token']);
        self::assertSame(['success' => false, 'error' => 'it refuses the API token'], wharf_TestConnection([]));
        $this->answer = [401, ''];
        $refused = wharf_TestConnection([]);
        self::assertFalse($refused['success']);
        self::assertStringContainsString('wharf modules install', $refused['error']);
    }

    public function testThePageIsHandedToTheTemplate(): void
    {
        $this->answering(['html' => '<section class="wharf">x</section>']);
        self::assertSame(
            [
                'tabOverviewModuleOutputTemplate' => 'clientarea.tpl',
                'templateVariables' => ['wharf' => '<section class="wharf">x</section>'],
            ],
            wharf_ClientArea(['serviceid' => 17])
        );
        self::assertLessThanOrEqual(5000, $this->calls[0][2]);
        self::assertSame("{\$wharf nofilter}\n", file_get_contents(__DIR__ . '/../../servers/wharf/clientarea.tpl'));
    }

    public function testACustomerIsNotShownWhatIsForStaff(): void
    {
        $this->answer = [500, '{"error":"the database on host db1 is in trouble"}'];
        $html = wharf_ClientArea(['serviceid' => 17])['templateVariables']['wharf'];
        self::assertStringContainsString('not available', $html);
        self::assertStringNotContainsString('db1', $html);
    }

    private static function model(): object
    {
        $properties = new class {
            /** @var array[] */
            public $saved = [];
            /** @var bool */
            public $fail = false;

            public function save(array $values): void
            {
                if ($this->fail) {
                    throw new RuntimeException('no such column');
                }
                $this->saved[] = $values;
            }
        };
        $model = new stdClass();
        $model->id = 17;
        $model->serviceProperties = $properties;
        return $model;
    }
}
