<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use WHMCS\Domains\Domain;
use WHMCS\Domains\DomainLookup\SearchResult;

final class DomainTest extends TestCase
{
    public function testANameIsSplitAtItsFirstDot(): void
    {
        foreach ([new Domain('example.co.uk'), new Domain('example', '.co.uk'), new Domain('example', 'co.uk')] as $domain) {
            self::assertSame('example', $domain->getSecondLevel());
            self::assertSame('co.uk', $domain->getTopLevel());
            self::assertSame('.co.uk', $domain->getDotTopLevel());
            self::assertSame('example.co.uk', $domain->getDomain());
            self::assertFalse($domain->isIdn());
        }
    }

    public function testInternationalNamesHaveBothForms(): void
    {
        foreach ([new Domain('münchen.de'), new Domain('xn--mnchen-3ya.de')] as $domain) {
            self::assertTrue($domain->isIdn());
            self::assertSame('xn--mnchen-3ya.de', $domain->toPunycode());
            self::assertSame('münchen.de', $domain->toUnicode());
            self::assertSame('münchen', $domain->getUnicodeSecondLevel());
            self::assertSame('xn--mnchen-3ya', $domain->getPunycodeSecondLevel());
        }
    }

    public function testItCannotBeUsedAsText(): void
    {
        $this->expectException(Error::class);
        $this->expectExceptionMessage('could not be converted to string');
        echo 'x' . new Domain('example.com');
    }

    public function testASearchResultKnowsItsStateAndPrice(): void
    {
        $result = SearchResult::factoryFromDomain(new Domain('example.com'));
        self::assertSame(SearchResult::STATUS_UNKNOWN, $result->getStatus());
        self::assertSame(1.0, $result->getScore());
        self::assertSame($result, $result->setStatus(SearchResult::STATUS_NOT_REGISTERED)->setPremiumDomain(true));
        self::assertTrue($result->isAvailableForPurchase() && $result->isPremiumDomain());
    }

    public function testRegistrarDomainGettersAnswerNullWhenUnset(): void
    {
        $domain = new WHMCS\Domain\Registrar\Domain();
        self::assertNull($domain->getExpiryDate());
        self::assertNull($domain->isContactChangePending());
        $domain->setExpiryDate(WHMCS\Carbon::parse('2030-05-06 07:08:09'))->setNameservers(['ns1' => 'a.example']);
        self::assertSame('2030-05-06', $domain->fields()['expiryDate']);
        self::assertSame('a.example', $domain->getNameserver(1));
    }
}
