<?php

use PHPUnit\Framework\TestCase;
use Wharf\Client;
use WHMCS\Domain\Registrar\Domain;
use WHMCS\Domains\DomainLookup\ResultsList;
use WHMCS\Domains\DomainLookup\SearchResult;
use WHMCS\Exception\Module\InvalidConfiguration;

require_once __DIR__ . '/../../registrars/wharf/wharf.php';

final class RegistrarTest extends TestCase
{
    protected function setUp(): void
    {
        if (!defined('ROOTDIR')) {
            define('ROOTDIR', __DIR__ . '/root');
        }
    }

    protected function tearDown(): void
    {
        Client::$transport = null;
    }

    private function answers($return, int $status = 200): void
    {
        Client::$transport = static function () use ($return, $status): array {
            return [$status, json_encode($status === 200 ? ['return' => $return] : ['error' => $return])];
        };
    }

    public function testItsSettingsNeedNoDaemon(): void
    {
        $this->assertSame('Wharf', wharf_MetaData()['DisplayName']);
        $this->assertSame('Wharf (ispapi)', Client::displayName('ispapi_getConfigArray'));
        $config = wharf_getConfigArray();
        foreach (array_diff_key($config, ['FriendlyName' => 0, 'Description' => 0]) as $name => $field) {
            $this->assertNotEmpty($field['FriendlyName'], $name);
            $this->assertNotEmpty($field['Description'], $name);
            if ($field['Type'] === 'dropdown') {
                $this->assertArrayHasKey($field['Default'], $field['Options'], $name);
            }
        }
        $this->assertSame('password', $config['Password']['Type']);
        $this->assertSame(['LIVE', 'OTE'], array_keys($config['Environment']['Options']));
    }

    public function testWrongSettingsAreRefused(): void
    {
        $this->answers(['success' => true, 'message' => 'Connected']);
        wharf_config_validate(['Username' => 'acct']);

        $this->answers(['error' => 'Authentication failed']);
        $this->expectException(InvalidConfiguration::class);
        $this->expectExceptionMessage('Authentication failed');
        wharf_config_validate(['Username' => 'acct']);
    }

    public function testAvailabilityIsAResultsList(): void
    {
        $prices = ['register' => '10.00', 'renew' => '10.00', 'transfer' => '10.00', 'CurrencyCode' => 'USD'];
        $this->answers(['results' => [
            ['sld' => 'a', 'tld' => 'com', 'status' => 'available', 'premium' => false, 'prices' => null],
            ['sld' => 'b', 'tld' => 'com', 'status' => 'registered', 'premium' => false, 'prices' => null],
            ['sld' => 'c', 'tld' => 'com', 'status' => 'reserved', 'premium' => true, 'prices' => $prices],
            ['sld' => 'd', 'tld' => 'co.uk', 'status' => 'unsupported', 'premium' => false, 'prices' => null],
            ['sld' => 'e', 'tld' => 'com', 'status' => 'of a later version', 'premium' => false, 'prices' => null],
        ]]);
        $results = wharf_CheckAvailability(['searchTerm' => 'a']);
        $this->assertInstanceOf(ResultsList::class, $results);
        $found = [];
        foreach ($results as $result) {
            $found[$result->getDomain()] = $result->status;
        }
        $this->assertSame([
            'a.com' => SearchResult::STATUS_NOT_REGISTERED,
            'b.com' => SearchResult::STATUS_REGISTERED,
            'c.com' => SearchResult::STATUS_RESERVED,
            'd.co.uk' => SearchResult::STATUS_TLD_NOT_SUPPORTED,
            'e.com' => SearchResult::STATUS_UNKNOWN,
        ], $found);
        $this->assertTrue($results[2]->premium);
        $this->assertSame($prices, $results[2]->pricing);
    }

    public function testASearchThatFailsThrows(): void
    {
        $this->answers(['error' => 'The registrar did not answer within 3 seconds.']);
        $this->expectExceptionMessage('The registrar did not answer within 3 seconds.');
        wharf_CheckAvailability(['searchTerm' => 'a']);
    }

    public function testInformationIsADomain(): void
    {
        $this->answers([
            'domain' => 'example.com', 'status' => 'pending_delete', 'nameservers' => ['ns1' => 'ns1.example.net'],
            'transferLock' => false, 'expiryDate' => '2030-05-19', 'idProtection' => null,
        ]);
        $domain = wharf_GetDomainInformation([]);
        $this->assertInstanceOf(Domain::class, $domain);
        $this->assertSame('2030-05-19', $domain->set['ExpiryDate']->format('Y-m-d'));
        $this->assertSame('UTC', $domain->set['ExpiryDate']->getTimezone()->getName());
        unset($domain->set['ExpiryDate']);
        $this->assertSame([
            'Domain' => 'example.com',
            'Nameservers' => ['ns1' => 'ns1.example.net'],
            'RegistrationStatus' => Domain::STATUS_PENDING_DELETE,
            'TransferLock' => false,
        ], $domain->set);
    }

    public function testAnUnknownExpiryStaysUnset(): void
    {
        $this->answers([
            'domain' => 'example.com', 'status' => 'active', 'nameservers' => [], 'transferLock' => null, 'expiryDate' => null,
            'idProtection' => true,
        ]);
        $this->assertSame(['Domain', 'Nameservers', 'RegistrationStatus', 'IdProtectionStatus'], array_keys(wharf_GetDomainInformation([])->set));
    }

    public function testInformationThatFailsThrows(): void
    {
        $this->answers('the daemon is in trouble', 503);
        $this->expectExceptionMessage('the daemon is in trouble');
        wharf_GetDomainInformation([]);
    }

    public function testChangesAndFactsAreMapsAsTheyStand(): void
    {
        foreach ([['success' => true], ['error' => 'taken'], ['pending' => true, 'pendingMessage' => 'later']] as $answer) {
            $this->answers($answer);
            $this->assertSame($answer, wharf_RegisterDomain([]));
            $this->assertSame($answer, wharf_SaveNameservers([]));
        }
        $this->answers(['ns1' => 'ns1.example.net']);
        $this->assertSame(['ns1' => 'ns1.example.net'], wharf_GetNameservers([]));
        $facts = ['active' => true, 'cancelled' => false, 'transferredAway' => false, 'expirydate' => '2030-05-19'];
        $this->answers($facts);
        $this->assertSame($facts, wharf_Sync([]));
    }

    public function testTheLockIsAWord(): void
    {
        foreach (['locked', 'unlocked', ''] as $lock) {
            $this->answers(['lock' => $lock]);
            $this->assertSame($lock, wharf_GetRegistrarLock([]));
        }
        $this->answers(['error' => 'it is not in this account']);
        $this->assertSame(['error' => 'it is not in this account'], wharf_GetRegistrarLock([]));
    }

    public function testInformationTellsWhatIsKnownOfTransfers(): void
    {
        $this->answers([
            'domain' => 'example.com', 'status' => 'active', 'nameservers' => [], 'transferLock' => true, 'restorable' => false,
            'irtpEnabled' => true, 'irtpTransferLock' => true, 'irtpTransferLockExpiryDate' => '2026-12-01',
            'contactChangePending' => true, 'pendingSuspension' => true, 'registrantEmail' => 'mona@example.com',
            'irtpTriggerFields' => ['Registrant' => ['First Name']],
        ]);
        $set = wharf_GetDomainInformation([])->set;
        $this->assertSame('2026-12-01', $set['IrtpTransferLockExpiryDate']->format('Y-m-d'));
        $this->assertSame([true, false, true, true, true, true, 'mona@example.com', ['Registrant' => ['First Name']]], [
            $set['TransferLock'], $set['Restorable'], $set['IsIrtpEnabled'], $set['IrtpTransferLock'], $set['DomainContactChangePending'],
            $set['PendingSuspension'], $set['RegistrantEmailAddress'], $set['IrtpVerificationTriggerFields'],
        ]);
    }

    public function testPricesAreImportItems(): void
    {
        $this->answers(['items' => [
            ['extension' => '.com', 'minYears' => 1, 'maxYears' => 10, 'yearsStep' => 1, 'registerPrice' => '8.99', 'renewPrice' => '9.99',
                'transferPrice' => null, 'currency' => 'USD', 'graceFeeDays' => 40, 'redemptionFeePrice' => '80.00', 'eppRequired' => true],
            ['extension' => '.swiss', 'years' => [1, 2], 'registerPrice' => '90.00', 'currency' => 'USD'],
        ]]);
        $prices = wharf_GetTldPricing([]);
        $this->assertInstanceOf(\WHMCS\Results\ResultsList::class, $prices);
        $this->assertSame([
            'Extension' => '.com', 'MinYears' => 1, 'MaxYears' => 10, 'YearsStep' => 1, 'RegisterPrice' => '8.99', 'RenewPrice' => '9.99',
            'Currency' => 'USD', 'GraceFeeDays' => 40, 'RedemptionFeePrice' => '80.00', 'EppRequired' => true,
        ], $prices[0]->set);
        $this->assertSame([1, 2], $prices[1]->set['Years']);
        $this->answers(['error' => 'no prices yet']);
        $this->assertSame(['error' => 'no prices yet'], wharf_GetTldPricing([]));
    }

    public function testSuggestionsHaveScores(): void
    {
        $this->answers(['results' => [['sld' => 'a', 'tld' => 'com', 'status' => 'available', 'score' => 0.5]]]);
        $this->assertSame(0.5, wharf_GetDomainSuggestions(['searchTerm' => 'a'])[0]->score);
        $this->answers(['error' => 'the daemon is in trouble']);
        $this->assertSame([], wharf_DomainSuggestionOptions());
    }

    public function testARenewalSaysWhichExpiryWhmcsKnows(): void
    {
        $sent = [];
        Client::$transport = static function ($connection, $path, $body) use (&$sent): array {
            $sent[] = json_decode($body, true);
            return [200, '{"return": {"success": true}}'];
        };
        $row = new \WHMCS\Domain\Domain();
        \WHMCS\Domain\Domain::$rows = [7 => $row];
        foreach (['2026-12-01', new DateTimeImmutable('2026-12-01')] as $date) {
            $row->expirydate = $date;
            $this->assertSame(['success' => true], wharf_RenewDomain(['domainid' => 7]));
        }
        $this->assertSame(['success' => true], wharf_RenewDomain(['domainid' => 8]));
        $this->assertSame(['2026-12-01', '2026-12-01 00:00:00', null], array_map(static function ($params) {
            return $params['expirydate'] ?? null;
        }, $sent));
    }

    public function testTheStaffsPageShowsFieldsOrWhyThereAreNone(): void
    {
        $this->answers(['Status' => '<b>ACTIVE</b>']);
        $this->assertSame(['Status' => '<b>ACTIVE</b>'], wharf_AdminDomainsTabFields([]));
        $this->answers(['error' => 'no <answer>']);
        $this->assertSame(['Wharf' => 'no &lt;answer&gt;'], wharf_AdminDomainsTabFields([]));
        $this->assertSame([], wharf_AdminCustomButtonArray());
    }

    public function testWhatStaffEnteredGoesAlong(): void
    {
        $sent = null;
        Client::$transport = static function ($connection, $path, $body) use (&$sent): array {
            $sent = [$path, json_decode($body, true)];
            return [200, '{"return": {"success": true}}'];
        };
        $_POST = ['wharf' => ['renewalmode' => 'AUTOEXPIRE']];
        wharf_AdminDomainsTabFieldsSave(['domainid' => 7]);
        $_POST = [];
        $this->assertSame(['/whmcs/registrar/wharf/AdminDomainsTabFieldsSave',
            ['domainid' => 7, 'post' => ['wharf' => ['renewalmode' => 'AUTOEXPIRE']]]], $sent);
    }

    public function testASecretAnswerIsNotLogged(): void
    {
        Logs::clear();
        Client::$transport = static function (): array {
            return [200, json_encode([
                'return' => ['eppcode' => 'c0de-s3cret'],
                'log' => ['request' => 'StatusDomain', 'response' => 'AUTH=***', 'processed' => 'the auth code'],
            ])];
        };
        $this->assertSame(['eppcode' => 'c0de-s3cret'], wharf_GetEPPCode([]));
        $this->assertStringNotContainsString('c0de-s3cret', json_encode(Logs::$module));
        $this->assertCount(1, Logs::$module);
        Logs::clear();
    }

    public function testAStoppedDaemonIsAnErrorForStaff(): void
    {
        foreach (['wharf_RegisterDomain', 'wharf_SaveNameservers', 'wharf_GetNameservers', 'wharf_Sync'] as $function) {
            $this->assertStringContainsString('systemctl start wharf', $function([])['error']);
        }
    }
}
