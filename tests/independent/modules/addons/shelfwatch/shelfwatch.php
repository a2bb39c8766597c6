<?php

// An addon with tables of its own (by Capsule, and by MySQL's DDL), a staff page and a client page.

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

function shelfwatch_config()
{
    return [
        'name' => 'Shelf Watch',
        'description' => 'Counts what is on the shelf',
        'version' => '1.2',
        'author' => '<a href="https://shelf.example">Shelf</a>',
        'language' => 'english',
        'fields' => [
            'limit' => ['FriendlyName' => 'Limit', 'Type' => 'text', 'Size' => '5', 'Default' => '5'],
            'secret' => ['FriendlyName' => 'Secret', 'Type' => 'password'],
        ],
    ];
}

function shelfwatch_activate()
{
    try {
        if (!Capsule::schema()->hasTable('mod_shelfwatch_items')) {
            Capsule::schema()->create('mod_shelfwatch_items', function ($table) {
                $table->increments('id');
                $table->integer('clientid')->unsigned()->default(0)->index();
                $table->string('name', 64);
                $table->decimal('price', 10, 2)->default(0);
                $table->timestamp('seen_at')->nullable();
            });
        }
        full_query("CREATE TABLE IF NOT EXISTS `mod_shelfwatch_log` (
            `id` int(11) UNSIGNED NOT NULL AUTO_INCREMENT,
            `item` varchar(64) COLLATE utf8_unicode_ci NOT NULL,
            `state` enum('new','old') NOT NULL DEFAULT 'new',
            `hits` int(11) NOT NULL DEFAULT '1',
            `created` datetime DEFAULT CURRENT_TIMESTAMP,
            PRIMARY KEY (`id`),
            UNIQUE KEY `item` (`item`),
            KEY `state` (`state`)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8 COMMENT='what was seen'");
        return ['status' => 'success', 'description' => 'The shelf is ready.'];
    } catch (\Exception $e) {
        return ['status' => 'error', 'description' => 'No shelf: ' . $e->getMessage()];
    }
}

function shelfwatch_deactivate()
{
    Capsule::schema()->dropIfExists('mod_shelfwatch_items');
    full_query('DROP TABLE IF EXISTS `mod_shelfwatch_log`');
    return ['status' => 'success', 'description' => 'The shelf is gone.'];
}

function shelfwatch_upgrade($vars)
{
    if (version_compare($vars['version'], '1.2', '<')) {
        Capsule::statement('ALTER TABLE `mod_shelfwatch_log` ADD `note` VARCHAR(20) NULL AFTER `item`');
    }
}

function shelfwatch_output($vars)
{
    $link = $vars['modulelink'];
    if ($_SERVER['REQUEST_METHOD'] === 'POST' && isset($_POST['items'])) {
        foreach ($_POST['items'] as $item) {
            Capsule::table('mod_shelfwatch_items')->insert(['name' => $item['name'], 'price' => $item['price']]);
            Capsule::connection()->statement(
                "INSERT INTO mod_shelfwatch_log (item, created) VALUES (?, NOW()) ON DUPLICATE KEY UPDATE hits = hits + 1",
                [$item['name']]
            );
        }
    }
    echo '<h2>' . $vars['_lang']['heading'] . ' (' . $vars['version'] . ', limit ' . $vars['limit'] . ')</h2>';
    echo '<form method="post" action="' . $link . '&action=add"><input name="items[0][name]"><input name="items[0][price]"></form><ul>';
    foreach (Capsule::table('mod_shelfwatch_items')->orderBy('id')->get() as $item) {
        $hits = get_query_val('mod_shelfwatch_log', 'hits', ['item' => $item->name]);
        echo '<li>' . htmlspecialchars($item->name) . ': ' . $item->price . ' × ' . $hits . '</li>';
    }
    echo '</ul>';
}

function shelfwatch_sidebar($vars)
{
    return '<a href="' . $vars['modulelink'] . '">Shelf</a>';
}

function shelfwatch_clientarea($vars)
{
    return [
        'pagetitle' => 'Shelf Watch',
        'breadcrumb' => ['index.php?m=shelfwatch' => 'Shelf'],
        'templatefile' => 'clienthome',
        'requirelogin' => true,
        'vars' => [
            'link' => $vars['modulelink'],
            'items' => Capsule::table('mod_shelfwatch_items')->pluck('name')->all(),
            'wanted' => isset($_POST['wanted']) ? $_POST['wanted'] : '',
        ],
    ];
}
