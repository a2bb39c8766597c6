<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use WHMCS\View\Menu\Item;

final class MenuTest extends TestCase
{
    public function testHooksChangeTheTreeThatTheHostGave(): void
    {
        add_hook('ClientAreaPrimarySidebar', 1, static function (Item $sidebar): void {
            $panel = $sidebar->getChild('Actions');
            $panel->addChild('Mail', ['label' => 'E-mail', 'uri' => 'mail.php', 'order' => 5]);
            $panel->getChild('Old')->setBadge('3')->setOrder(9)->setClass('x');
            $sidebar->removeChild('Gone');
        });
        $tree = ['name' => 'side', 'children' => [
            ['name' => 'Actions', 'children' => [['name' => 'Old', 'uri' => 'old.php']]],
            ['name' => 'Gone'],
        ]];
        $changed = \SandboxHost\HookPoint::run('ClientAreaPrimarySidebar', ['__menu' => $tree]);
        self::assertSame(['Actions'], array_column($changed['children'], 'name'));
        $actions = $changed['children'][0]['children'];
        self::assertSame(['Mail', 'Old'], array_column($actions, 'name'));
        self::assertSame('E-mail', $actions[0]['label']);
        self::assertSame('3', $actions[1]['badge']);
        self::assertSame('side', Menu::primarySidebar()->getName());
    }
}
