<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use SandboxHost\Time;

final class TimeTest extends TestCase
{
    private const TEXTS = [
        'now', 'today', 'midnight', 'tomorrow', 'yesterday noon', '+1 day', '-2 weeks', '+1 month', 'monday',
        'next friday', 'first day of next month', 'last day of this month', '2031-02-03', '2031-02-03 04:05:06',
        '2031-02-03T04:05:06Z', '2031-02-03 04:05:06 +0200', '2031-02-03 +1 year', '3 February 2031', '5 March',
        '10:30', 'tomorrow 10:30', '@86400', 'Tue, 03 Feb 2031 04:05:06 GMT', '20310203', '02/03/2031',
        'first monday of january 2031', 'noon', '+1 week 2 days', 'January 2031',
    ];

    protected function tearDown(): void
    {
        Time::$ahead = 0;
    }

    public function testTextsMeanWhatPhpTakesThemFor(): void
    {
        $base = 1893553445;
        foreach (self::TEXTS as $text) {
            $read = Time::read($text, $base);
            self::assertNotNull($read, $text);
            self::assertSame(date('c', strtotime($text, $base)), date('c', $read->getTimestamp()), $text);
        }
        foreach (['', ' ', 'no time', '2031-99-99'] as $text) {
            self::assertNull(Time::read($text, $base), $text);
        }
    }

    public function testTheClockIsAhead(): void
    {
        Time::$ahead = 90 * 86400 * 1000;
        self::assertEqualsWithDelta(time() + 90 * 86400, Time::seconds(), 2);
        self::assertSame(date('Y-m-d', time() + 91 * 86400), Time::read('tomorrow')->format('Y-m-d'));
    }

    public function testTimesAreMadeOfParts(): void
    {
        $utc = new DateTimeZone('UTC');
        self::assertSame(mktime(4, 5, 6, 2, 3, 2031), Time::make([4, 5, 6, 2, 3, 2031], $utc));
        self::assertSame(mktime(0, 0, 0, 14, -1, 31), Time::make([0, 0, 0, 14, -1, 31], $utc));
        self::assertSame(mktime(25, 61, 0, 1, 1, 99), Time::make([25, 61, 0, 1, 1, 99], $utc));
    }
}
