<?php

use PHPUnit\Framework\TestCase;
use Wharf\Client;
use Wharf\Failure;
use Wharf\Gateway;
use Wharf\Unreachable;

/**
 * @runTestsInSeparateProcesses because the modules of all kinds define functions of the same names
 * @preserveGlobalState disabled
 */
final class GatewayTest extends TestCase
{
    /** @var array{string, array, int}[] path, parameters and time limit of each call */
    private $calls = [];

    /** @var array{int, string} */
    private $answer = [200, '{"return":{"html":"<p>box</p>"}}'];

    protected function setUp(): void
    {
        defined('WHMCS') || define('WHMCS', true);
        defined('ROOTDIR') || define('ROOTDIR', __DIR__ . '/root');
        require_once __DIR__ . '/../../gateways/wharf.php';
        Client::$transport = function (array $connection, string $path, string $body, int $timeoutMs): array {
            $this->calls[] = [$path, json_decode($body, true), $timeoutMs];
            return $this->answer;
        };
    }

    private function calledBack(array $server, array $session, array $post, array $query): array
    {
        return Gateway::callback('wharf_callback', $server, $session, $post, $query);
    }

    public function testTheSettingsNeedNoDaemon(): void
    {
        $fields = wharf_config();
        $this->assertSame('System', $fields['FriendlyName']['Type']);
        $this->assertSame('text', $fields['store']['Type']);
        $this->assertSame([], $this->calls);
    }

    public function testLinkReturnsTheFragmentAsItIs(): void
    {
        $_SESSION = ['Language' => 'arabic'];
        $html = wharf_link(['invoiceid' => 12, 'amount' => '10.00', 'clientdetails' => ['id' => 7, 'language' => 'english']]);
        $this->assertSame('<p>box</p>', $html);
        [$path, $params, $timeout] = $this->calls[0];
        $this->assertSame('/whmcs/gateway/wharf/link', $path);
        $this->assertSame(12, $params['invoiceid']);
        $this->assertSame('arabic', $params['language'], 'the visitor chose it');
        $this->assertSame(5000, $timeout);
    }

    public function testLinkNeverThrowsAndTellsTheCustomerInTheirLanguage(): void
    {
        $this->answer = [500, '{"error":"the database is in trouble"}'];
        $_SESSION = [];
        $english = wharf_link(['invoiceid' => 12, 'clientdetails' => ['language' => 'english']]);
        $this->assertStringContainsString('not available', $english);
        $this->assertStringNotContainsString('database', $english);
        $this->assertStringContainsString('غير متاحة', wharf_link(['clientdetails' => ['language' => 'Arabic']]));
        $this->answer = [200, '{"return":{}}'];
        $this->assertStringContainsString('not available', wharf_link([]));
    }

    public function testAClaimIsPostedWithTheSessionsClientAndRedirected(): void
    {
        $this->answer = [200, '{"return":{"redirect":"viewinvoice.php?id=12"}}'];
        $answer = $this->calledBack(
            ['REQUEST_METHOD' => 'POST', 'REMOTE_ADDR' => '203.0.113.9'],
            ['uid' => '7'],
            ['token' => 't', 'phone' => '01098765432', 'nested' => ['x']],
            []
        );
        $this->assertSame([303, ['Location' => '../../../viewinvoice.php?id=12'], ''], $answer);
        [$path, $params, $timeout] = $this->calls[0];
        $this->assertSame('/whmcs/gateway/wharf/callback', $path);
        $this->assertSame(7, $params['uid']);
        $this->assertSame(['token' => 't', 'phone' => '01098765432'], $params['post']);
        $this->assertSame('203.0.113.9', $params['ip']);
        $this->assertSame(28000, $timeout);
    }

    public function testAVisitorWithoutASessionHasNoClient(): void
    {
        $this->answer = [200, '{"return":{"status":403,"html":"<p>no</p>"}}'];
        [$status, $headers, $body] = $this->calledBack(['REQUEST_METHOD' => 'POST'], [], ['uid' => '7'], []);
        $this->assertSame([403, '<p>no</p>'], [$status, $body]);
        $this->assertSame('text/html; charset=utf-8', $headers['Content-Type']);
        $this->assertArrayNotHasKey('uid', $this->calls[0][1]);
    }

    public function testTheStateIsJson(): void
    {
        $this->answer = [200, '{"return":{"status":200,"json":{"state":"paid","credited":"10.00 USD","paid":true}}}'];
        [$status, $headers, $body] = $this->calledBack(['REQUEST_METHOD' => 'GET'], ['uid' => 7], [], ['status' => 't']);
        $this->assertSame(200, $status);
        $this->assertSame('application/json; charset=utf-8', $headers['Content-Type']);
        $this->assertSame('no-store', $headers['Cache-Control']);
        $this->assertSame('{"state":"paid","credited":"10.00 USD","paid":true}', $body);
        $this->assertSame(5000, $this->calls[0][2], 'a look holds nobody up for long');
    }

    public function testAnAbsentDaemonIsToldWithoutDetails(): void
    {
        $this->answer = [401, ''];
        [$status, , $body] = $this->calledBack(['REQUEST_METHOD' => 'POST'], ['uid' => 7, 'Language' => 'arabic'], [], []);
        $this->assertSame(503, $status);
        $this->assertStringContainsString('غير متاحة', $body);
    }

    public function testAClaimThatDidNotArriveIsSentAgainFromAPageThatLeadsBack(): void
    {
        $this->answer = [500, ''];
        $post = ['token' => 't', 'phone' => '"><b>'];
        $server = ['REQUEST_METHOD' => 'POST', 'HTTP_REFERER' => 'https://shop.example/viewinvoice.php?id=12'];
        [, $headers, $body] = $this->calledBack($server, ['uid' => 7, 'Language' => 'arabic'], $post, []);
        $this->assertSame('text/html; charset=utf-8', $headers['Content-Type']);
        $this->assertSame('60', $headers['Retry-After']);
        $this->assertStringContainsString('<html lang="ar" dir="rtl">', $body);
        $this->assertStringContainsString('<input type="hidden" name="token" value="t">', $body);
        $this->assertStringContainsString('value="&quot;&gt;&lt;b&gt;"', $body);
        $this->assertStringContainsString('href="../../../viewinvoice.php?id=12"', $body);
        [, , $body] = $this->calledBack(['HTTP_REFERER' => 'https://evil.example/'], [], [], ['status' => 't']);
        $this->assertStringContainsString('href="../../../clientarea.php?action=invoices"', $body);
        $this->assertStringNotContainsString('<form', $body);
    }

    public function testOnlyWhatWasNotSentIsSaidNotToHaveArrived(): void
    {
        $post = ['token' => 't', 'phone' => '01098765432'];
        Client::$transport = static function (): array {
            throw new Unreachable('Wharf is not running');
        };
        [, , $body] = $this->calledBack(['REQUEST_METHOD' => 'POST'], ['uid' => 7], $post, []);
        $this->assertStringContainsString('did not arrive', $body);
        Client::$transport = static function (): array {
            throw new Failure('Wharf did not answer within 28 seconds.');
        };
        [, , $body] = $this->calledBack(['REQUEST_METHOD' => 'POST'], ['uid' => 7], $post, []);
        $this->assertStringContainsString('may not have arrived', $body);
        $this->assertStringContainsString('value="01098765432"', $body);
        [, , $body] = $this->calledBack(['REQUEST_METHOD' => 'POST'], ['uid' => 7, 'Language' => 'arabic'], $post, []);
        $this->assertStringContainsString('ربما لم يصل', $body);
    }

    public function testAnInvoiceLooksAgainByItself(): void
    {
        $this->answer = [500, ''];
        $_SESSION = [];
        $html = wharf_link(['invoiceid' => 12]);
        $this->assertStringContainsString('do not send it again', $html);
        $this->assertStringContainsString('location.replace', $html);
    }
}
