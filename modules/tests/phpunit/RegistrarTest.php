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
        $config = wharf_getConfigArray();
        foreach (['Environment', 'Username', 'Password'] as $field) {
            $this->assertNotEmpty($config[$field]['FriendlyName']);
            $this->assertNotEmpty($config[$field]['Description']);
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

    public function testAStoppedDaemonIsAnErrorForStaff(): void
    {
        foreach (['wharf_RegisterDomain', 'wharf_SaveNameservers', 'wharf_GetNameservers', 'wharf_Sync'] as $function) {
            $this->assertStringContainsString('systemctl start wharf', $function([])['error']);
        }
    }
}
