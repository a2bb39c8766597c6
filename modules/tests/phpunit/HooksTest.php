<?php

use PHPUnit\Framework\TestCase;
use WHMCS\Database\Capsule;
use Wharf\Client;

final class HooksTest extends TestCase
{
    /** @var array[] path and parameters of each call */
    private $asked = [];

    public static function setUpBeforeClass(): void
    {
        require_once __DIR__ . '/../../registrars/wharf/hooks.php';
        // Installed under a second name, and loaded twice.
        Wharf\Hooks::registrar('second');
        Wharf\Hooks::registrar('second');
    }

    protected function setUp(): void
    {
        require_once __DIR__ . '/../../wharf/client.php';
        if (!defined('ROOTDIR')) {
            define('ROOTDIR', __DIR__ . '/root');
        }
        Logs::clear();
        Capsule::$autoreg = ['.com' => 'wharf', '.co.uk' => 'second', '.uk' => 'wharf', '.de' => 'another'];
        $_SESSION = ['cart' => ['domains' => [
            ['type' => 'register', 'domain' => 'new.com'],
            ['type' => 'transfer', 'domain' => 'moving.com', 'eppcode' => 'from-the-cart'],
            ['type' => 'transfer', 'domain' => 'moving.co.uk'],
            ['type' => 'transfer', 'domain' => 'moving.de', 'eppcode' => 'x'],
        ]]];
    }

    protected function tearDown(): void
    {
        Client::$transport = null;
        $_SESSION = [];
    }

    private function answers(int $status, array $answer): void
    {
        Client::$transport = function (array $connection, string $path, string $body) use ($status, $answer): array {
            $this->asked[] = [$path, json_decode($body, true)];
            return [$status, json_encode($answer)];
        };
    }

    public function testTransfersInTheCartAreCheckedByTheModuleThatWillHaveThem(): void
    {
        $this->answers(200, ['return' => ['possible' => false, 'reason' => 'It is locked.']]);
        $said = HookPoints::run('ShoppingCartValidateDomainsConfig', ['epp' => [1 => 'just-entered', 2 => 'tag']]);
        $this->assertSame([['It is locked.'], ['It is locked.']], $said);
        $this->assertSame([
            ['/whmcs/registrar/wharf/CartTransferCheck', ['domain' => 'moving.com', 'eppcode' => 'just-entered', 'Username' => 'wharf.user']],
            ['/whmcs/registrar/second/CartTransferCheck', ['domain' => 'moving.co.uk', 'eppcode' => 'tag', 'Username' => 'second.user']],
        ], $this->asked);
    }

    public function testAtCheckoutTheCodesOfTheCartCount(): void
    {
        $this->answers(200, ['return' => ['possible' => true]]);
        $this->assertSame([[], []], HookPoints::run('ShoppingCartValidateCheckout'));
        $this->assertSame('from-the-cart', $this->asked[0][1]['eppcode']);
        $this->assertSame('', $this->asked[1][1]['eppcode']);
    }

    public function testACartWithoutTransfersAsksNobody(): void
    {
        $this->answers(200, ['return' => ['possible' => false, 'reason' => 'never seen']]);
        foreach ([[], ['cart' => null], ['cart' => ['domains' => [['type' => 'register', 'domain' => 'new.com']]]]] as $session) {
            $_SESSION = $session;
            $this->assertSame([[], []], HookPoints::run('ShoppingCartValidateCheckout'));
        }
        $this->assertSame([], $this->asked);
    }

    public function testImportedExtensionsOfTheModuleGetTheirIdProtectionFlag(): void
    {
        Capsule::$idProtection = [];
        $this->answers(200, ['return' => ['idProtection' => ['.com' => true, '.co.uk' => false, '.de' => true]]]);
        HookPoints::run('TopLevelDomainUpdate', ['modifiedTlds' => ['.com', '.co.uk', '.de']]);
        // Each module writes its own, and nobody those of another.
        $this->assertSame(['.com' => 1, '.co.uk' => 0], Capsule::$idProtection);
        $this->assertSame('/whmcs/registrar/wharf/TldIdProtection', $this->asked[0][0]);
        $this->assertSame(['.com', '.co.uk', '.de'], $this->asked[0][1]['tlds']);
        $this->asked = [];
        HookPoints::run('TopLevelDomainUpdate', ['modifiedTlds' => []]);
        $this->assertSame([], $this->asked);
    }

    public function testAStoppedDaemonKeepsNoOrderBack(): void
    {
        $this->answers(503, ['error' => 'the daemon is in trouble']);
        $this->assertSame([[], []], HookPoints::run('ShoppingCartValidateCheckout'));
        $this->assertSame('the daemon is in trouble', Logs::$module[0][3]);
    }

    public function testTheDailyCronIsToldOnceAModule(): void
    {
        $this->answers(200, ['return' => []]);
        HookPoints::run('DailyCronJob');
        $this->assertSame(
            ['/whmcs/registrar/wharf/DailyCron', '/whmcs/registrar/second/DailyCron'],
            array_column($this->asked, 0)
        );
    }
}
