<?php

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

use WHMCS\Database\Capsule;

function acme_MetaData()
{
    return ['DisplayName' => 'Acme Services', 'APIVersion' => '1.1', 'RequiresServer' => false];
}

function acme_ConfigOptions()
{
    return ['Plan' => ['Type' => 'text', 'Default' => 'pro']];
}

function acme_CreateAccount($params)
{
    $model = $params['model'];
    $model->serviceProperties->save(['Username' => 'acme-1', 'License Key' => 'AAAA-BBBB', 'Password' => 's3cret']);
    $model->serviceProperties->save(['License Key' => 'CCCC-DDDD']);
    logModuleCall('acme', 'create', ['key' => 'to/p "s3cret"'], '{"key":"to\/p \"s3cret\""}', 'k=to%2Fp+%22s3cret%22', ['to/p "s3cret"']);
    logActivity('Service ' . $model->id . ' of client ' . $model->clientId . ' made', $model['userid']);
    return 'success';
}

function acme_SuspendAccount($params)
{
    return 'Not now';
}

function acme_TerminateAccount($params)
{
    return Capsule::transaction(static function () {
        $answer = localAPI('GetClientsDetails', ['clientid' => 1]);
        return $answer['message'];
    });
}

function acme_ReadBack($params)
{
    return [
        'username' => $params['model']->serviceProperties->get('Username'),
        'password' => $params['model']->serviceProperties->get('Password'),
        'licence' => $params['model']->serviceProperties->get('License Key'),
        'nothing' => $params['model']->serviceProperties->get('No such field'),
        'client' => $params['clientsdetails']['model']->fullName,
        'product' => $params['model']->product->name,
    ];
}

function acme_Leave($params)
{
    echo 'good';
    ob_start();
    echo 'bye';
    exit;
}

function acme_LeaveUnbuffered($params)
{
    while (ob_get_level() > 0) {
        ob_end_clean();
    }
    header('Location: https://example.net/login');
    echo 'straight out';
    exit(1);
}

function acme_OddValues($params)
{
    return [
        'float' => 1.0,
        'infinite' => INF,
        'binary' => "\xff\xfe",
        'closure' => static fn () => 1,
        'resource' => acme_resource(),
        'date' => new DateTimeImmutable('2030-01-02T03:04:05Z'),
        'list' => new ArrayIterator([1, 2]),
        'empty' => new stdClass(),
    ];
}

function acme_resource()
{
    return fopen('php://memory', 'r');
}

function acme_ClientArea($params)
{
    return [
        'tabOverviewModuleOutputTemplate' => 'templates/overview.tpl',
        'templateVariables' => ['plan' => '<b>Pro</b>', 'names' => ['one', 'two']],
    ];
}

function acme_Capsules($params)
{
    $upstream = Illuminate\Database\Capsule\Manager::connection();
    Capsule::table('tblconfiguration')->updateOrInsert(['setting' => 'Seen'], ['value' => 'yes']);
    Capsule::schema()->create('mod_acme', function ($table) {
        $table->increments('id');
        $table->string('name')->default('');
        $table->timestamps();
    });
    Capsule::connection()->statement('CREATE TABLE `mod_old` (`id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT, `kind` ENUM("a","b"),'
        . ' `note` VARCHAR(99) NOT NULL DEFAULT "x, (y)", PRIMARY KEY (`id`), KEY `kind` (`kind`), UNIQUE KEY `u` (`note`))'
        . ' ENGINE=InnoDB DEFAULT CHARSET=utf8');
    Capsule::insert('INSERT INTO mod_old (kind, note) VALUES (?, ?)', ['a', 'n']);
    full_query("INSERT INTO mod_old (kind, note) VALUES ('b', 'n') ON DUPLICATE KEY UPDATE kind = VALUES(kind)");
    $sql = "SELECT CONCAT('a', 1, 'b') AS joined, DATE_FORMAT('2030-01-02 03:04:05', '%d/%m/%Y %H:%i') AS day,"
        . " DATE_SUB('2030-03-01', INTERVAL 1 DAY) AS before_day, FIND_IN_SET('b', 'a,b') AS place, IFNULL(NULL, 'x') AS filled";
    return [
        'same' => $upstream === Capsule::connection(),
        'tables' => count(Capsule::select("SHOW TABLES LIKE 'mod_%'")),
        'row' => (array) Capsule::table('mod_old')->first(),
        'sql' => (array) Capsule::select($sql)[0],
        'legacy' => get_query_val('tblclients', 'firstname', ['id' => 1]),
        'rolled' => acme_roll_back(),
        'price' => (string) formatCurrency(convertCurrency(2, 1, 2), 2),
        'secret' => decrypt(encrypt('zür')),
    ];
}

function acme_roll_back()
{
    try {
        Capsule::transaction(function () {
            Capsule::table('mod_acme')->insert(['name' => 'gone']);
            Capsule::transaction(function () {
                throw new RuntimeException('no');
            });
        });
    } catch (RuntimeException $e) {
        return Capsule::table('mod_acme')->count();
    }
}

function acme_AskHost($params)
{
    return localAPI('GetClientsDetails', ['clientid' => 1, 'list' => [], 'model' => $params['model']], 'admin');
}

function acme_ReadRequest($params)
{
    return [
        'method' => $_SERVER['REQUEST_METHOD'],
        'post' => $_POST,
        'request' => $_REQUEST['id'],
        'ip' => $_SERVER['REMOTE_ADDR'],
        'params' => array_keys($params),
    ];
}

function acme_CustomActions($params)
{
    $open = static fn ($id) => ['success' => true, 'redirectTo' => 'https://example.net/' . $id];
    return (new WHMCS\Module\Server\CustomActionCollection())->add(
        WHMCS\Module\Server\CustomAction::factory('open', 'Open it', $open, [7], ['productsso'])
    );
}

function acme_MetricProvider($params)
{
    return new class implements WHMCS\UsageBilling\Contracts\Metrics\ProviderInterface {
        public function metrics()
        {
            $units = new WHMCS\UsageBilling\Metrics\Units\GigaBytes();
            return [new WHMCS\UsageBilling\Metrics\Metric('disk', 'Disk', 'snapshot', $units)];
        }

        public function usage()
        {
            return [];
        }

        public function tenantUsage($tenant)
        {
            return [$this->metrics()[0]->withUsage(new WHMCS\UsageBilling\Metrics\Usage(strlen($tenant)))];
        }
    };
}
