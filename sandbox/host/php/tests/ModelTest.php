<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use WHMCS\Billing\Invoice;
use WHMCS\Service\Service;
use WHMCS\User\Client;

final class ModelTest extends TestCase
{
    protected function setUp(): void
    {
        \SandboxHost\Database::pdo()->beginTransaction();
    }

    protected function tearDown(): void
    {
        \SandboxHost\Database::pdo()->rollBack();
    }

    public function testAttributesAnswerToColumnAndAlias(): void
    {
        $service = Service::find(5);
        self::assertSame(1, $service->userid);
        self::assertSame(1, $service->clientId);
        self::assertSame(1, $service['clientId']);
        self::assertSame(7, $service->packageId);
        self::assertSame(7, $service->productId);
        self::assertSame(3, $service['orderid']);
        self::assertSame(3, $service->orderId);
        self::assertSame('Pending', $service->status);
        self::assertNull($service->noSuchThing);
    }

    public function testAnAliasIsWrittenToItsColumn(): void
    {
        $service = Service::find(5);
        $service->status = 'Active';
        $service->save();
        self::assertSame('Active', Service::find(5)->domainstatus);
        self::assertSame(1, Service::where('status', 'Active')->count());
    }

    public function testRelations(): void
    {
        $client = Client::find(1);
        self::assertSame('Mona Ali', $client->fullName);
        self::assertSame(['mona.example'], $client->services->pluck('domain')->all());
        self::assertSame('Acme Pro', $client->services()->first()->product->name);
        self::assertSame(10.0, Invoice::find(1)->balance);
        self::assertSame(1, Invoice::find(1)->client->id);
    }

    public function testAMissingRowIsAnEmptyModelWithItsId(): void
    {
        $client = Client::findOrEmpty(77);
        self::assertFalse($client->exists);
        self::assertSame(77, $client->id);
        self::assertNull($client->email);
    }

    public function testServicePropertiesOfOneModelAreOneObject(): void
    {
        $service = Service::find(5);
        $service->serviceProperties->save(['Domain' => 'new.example', '100% real' => ['value' => 'yes', 'type' => 'text']]);
        self::assertSame('new.example', Service::find(5)->domain);
        self::assertSame('new.example', $service->domain);
        self::assertSame('yes', $service->serviceProperties->get('100% real'));
        self::assertSame('', $service->serviceProperties->get('100_ real'));
    }

    public function testSettings(): void
    {
        self::assertSame('Acme & Co', WHMCS\Config\Setting::getValue('CompanyName'));
        self::assertSame('Acme & Co', $GLOBALS['CONFIG']['CompanyName']);
        WHMCS\Config\Setting::setValue('CompanyName', 'Other');
        self::assertSame('Other', \WHMCS\Database\Capsule::table('tblconfiguration')->where('setting', 'CompanyName')->value('value'));
        \SandboxHost\Settings::forget();
    }
}
