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

    public function testMetaDataNeedsNoDaemon(): void
    {
        self::assertTrue(wharf_MetaData()['RequiresServer']);
        self::assertSame('configoption2', wharf_MetaData()['ListAccountsProductField']);
        self::assertSame([], $this->calls);
    }

    public function testTheOptionsAreThoseOfTheProductsConnector(): void
    {
        define('ADMINAREA', true);
        $_REQUEST['id'] = '3';
        WHMCS\Database\Capsule::$products = [3 => ['configoption1' => 'siteshield', 'configoption4' => 'eu']];
        $this->answering([
            ['name' => 'Connector', 'Type' => 'dropdown', 'choices' => [['value' => 'siteshield', 'title' => 'SiteShield']]],
            ['name' => 'Plan', 'Type' => 'text', 'Loader' => true, 'SimpleMode' => true],
        ]);
        $options = wharf_ConfigOptions(['producttype' => 'other']);
        self::assertSame(['Connector', 'Plan'], array_keys($options), 'the order makes configoption1 and 2');
        self::assertSame('wharf_Choices2', $options['Plan']['Loader']);
        self::assertSame(['Type' => 'dropdown', 'Options' => ['siteshield' => 'SiteShield']], $options['Connector']);
        self::assertSame('siteshield', $this->calls[0][1]['configoption1']);

        $this->answer = [500, '{"error":"Wharf is <down>"}'];
        $options = wharf_ConfigOptions();
        self::assertSame(['Connector', 'Plan', 'Option 3', 'Option 4'], array_keys($options), 'a save loses nothing');
        self::assertSame('Wharf is &lt;down&gt;', $options['Connector']['Description']);
    }

    public function testALoaderOffersChoicesOrThrows(): void
    {
        $this->answering(['choices' => [['value' => '7', 'title' => 'Seven'], ['value' => 'pro', 'title' => 'Pro']]]);
        self::assertSame([7 => 'Seven', 'pro' => 'Pro'], wharf_Choices2(['serverid' => 1]));
        $this->answering(['error' => 'the token was refused']);
        $this->expectExceptionMessage('the token was refused');
        wharf_Choices3(['serverid' => 1]);
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
            ['wharf_Renew'], ['wharf_ChangePackage'], ['wharf_ChangePassword'],
            ['wharf_Button1'], ['wharf_Button6'], ['wharf_SettleService'], ['wharf_RetryService'],
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

    public function testSigningOnIsAnAddressOrAReason(): void
    {
        $this->answering(['success' => true, 'redirectTo' => 'https://panel.example/x']);
        self::assertSame(['success' => true, 'redirectTo' => 'https://panel.example/x'], wharf_ServiceSingleSignOn([]));
        $this->answering(['success' => false, 'errorMsg' => 'No way in']);
        self::assertSame(['success' => false, 'errorMsg' => 'No way in'], wharf_AdminSingleSignOn([]));
        $this->answer = [500, '{"error":"the database on host db1 is in trouble"}'];
        self::assertStringNotContainsString('db1', wharf_ServiceSingleSignOn([])['errorMsg'], 'customers read it');
    }

    public function testButtonsFieldsAndLinksAreLeftOutWithoutWharf(): void
    {
        $this->answering(['buttons' => [['label' => 'Restart', 'function' => 'Button1']]]);
        self::assertSame(['Restart' => 'Button1'], wharf_ClientAreaCustomButtonArray(['serviceid' => 17]));
        $this->answering(['fields' => [['label' => 'Steps', 'html' => '<p>done</p>']]]);
        self::assertSame(['Steps' => '<p>done</p>'], wharf_AdminServicesTabFields(['serviceid' => 17]));
        $this->answering(['html' => '<a href="https://x.example">x</a>']);
        self::assertSame('<a href="https://x.example">x</a>', wharf_LoginLink(['serviceid' => 17]));
        $this->answer = [500, '{"error":"<down>"}'];
        self::assertSame([], wharf_AdminCustomButtonArray(['serviceid' => 17]));
        self::assertSame('', wharf_AdminLink(['serverid' => 1]));
        self::assertSame(['Wharf' => '&lt;down&gt;'], wharf_AdminServicesTabFields(['serviceid' => 17]));
    }

    public function testOnlyOurOwnFieldsAreHandedOn(): void
    {
        wharf_AdminServicesTabFieldsSave(['serviceid' => 17]);
        self::assertSame([], $this->calls, 'nothing was entered');
        $_POST = ['wharf' => ['do' => 'done:1', 'reason' => 'seen there', 'odd' => ['x']], 'notes' => 'others'];
        $_SESSION['adminid'] = 4;
        wharf_AdminServicesTabFieldsSave(['serviceid' => 17]);
        $expected = ['posted' => ['do' => 'done:1', 'reason' => 'seen there'], 'admin' => 4, 'serviceid' => 17];
        self::assertSame($expected, $this->calls[0][1]);
    }

    public function testUsageIsWrittenInFewStatements(): void
    {
        $services = [];
        for ($id = 1; $id <= 1201; $id++) {
            $services[] = ['id' => $id, 'diskusage' => $id * 2, 'disklimit' => 5000];
        }
        $this->answering(['services' => $services]);
        wharf_UsageUpdate(['serverid' => 9]);
        $updates = WHMCS\Database\Capsule::$updates;
        self::assertCount(3, $updates);
        [$sql, $values] = $updates[2];
        self::assertSame(substr_count($sql, '?'), count($values));
        self::assertStringContainsString('diskusage = CASE id WHEN ? THEN ?', $sql);
        self::assertStringNotContainsString('bwusage', $sql, 'what is not told is left as it is');
        self::assertSame([1001, 2002], array_slice($values, 0, 2));
        self::assertSame([9, 1001], array_slice($values, -202, 2), 'only services of this server');
    }

    public function testMetricsAreWhmcsOwn(): void
    {
        $metrics = ['metrics' => [['name' => 'traffic', 'title' => 'Traffic', 'unit' => 'gigabytes', 'period' => 'month']]];
        $this->answering($metrics);
        $provider = wharf_MetricProvider();
        self::assertInstanceOf(WHMCS\UsageBilling\Contracts\Metrics\ProviderInterface::class, $provider);
        self::assertSame(['traffic', 'Traffic', 'month', 'GigaBytes', null], $provider->metrics()[0]->told());
        $this->answering($metrics + ['tenants' => ['shop' => ['traffic' => '1.5', 'unheard' => 2]]]);
        self::assertSame('1.5', $provider->usage()['shop'][0]->told()[4]);
        self::assertSame([], $provider->tenantUsage('nobody'));
        self::assertSame('nobody', $this->calls[2][1]['tenant']);
        $this->answering(['error' => 'the supplier is away']);
        $this->expectExceptionMessage('the supplier is away');
        $provider->usage();
    }

    public function testAccountsAndActions(): void
    {
        $account = ['email' => 'a@example.com', 'uniqueIdentifier' => 'example.com', 'status' => 'Active'];
        $this->answering(['accounts' => [$account]]);
        self::assertSame(['success' => true, 'accounts' => [$account]], wharf_ListAccounts(['serverid' => 1]));
        $this->answering(['error' => 'it lists none']);
        self::assertSame(['success' => false, 'error' => 'it lists none'], wharf_ListAccounts(['serverid' => 1]));

        $this->answering(['actions' => [['name' => 'open', 'title' => 'Open', 'function' => 'ServiceSingleSignOn']]]);
        $action = wharf_CustomActions(['serviceid' => 17])->all[0];
        self::assertSame(['open', 'Open', ['productsso']], [$action->identifier, $action->display, $action->permissions]);
        $this->answering(['success' => true, 'redirectTo' => 'https://panel.example/']);
        self::assertSame('https://panel.example/', ($action->callable)(...$action->params)['redirectTo']);
        self::assertSame('/whmcs/server/wharf/ServiceSingleSignOn', $this->calls[3][0]);
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
