<?php

/**
 * Server functions: the call, and its answer in the form that WHMCS expects. Shared by all names under which the server
 * module is installed.
 */

namespace Wharf;

use WHMCS\Database\Capsule;
use WHMCS\Module\Server\CustomAction;
use WHMCS\Module\Server\CustomActionCollection;

require_once __DIR__ . '/client.php';

final class Server
{
    private const USAGE = ['diskusage', 'disklimit', 'bwusage', 'bwlimit'];
    /** Services in one statement. */
    private const TOGETHER = 500;

    /**
     * The product's settings: which connector, then what it offers. Without Wharf the fields stay, as plain texts: a
     * product that is saved then loses nothing.
     */
    public static function options(string $function, array $params): array
    {
        $product = self::product();
        try {
            $fields = (array) Client::read('server', $function, ['configoption1' => (string) ($product['configoption1'] ?? '')] + $params);
        } catch (Failure $failure) {
            return self::plainOptions($product, $failure->getMessage());
        }
        $options = [];
        foreach ($fields as $field) {
            $field = (array) $field;
            $name = (string) ($field['name'] ?? '');
            $number = count($options) + 1;
            if (isset($field['choices'])) {
                $field['Options'] = self::labels((array) $field['choices']);
            }
            unset($field['name'], $field['choices']);
            if (isset($field['Loader'])) {
                $field['Loader'] = self::named($function, 'Choices' . $number);
            }
            $options[$name] = $field;
        }
        return $options;
    }

    /**
     * What an option's loader offers: value → label.
     *
     * @throws Failure as WHMCS wants it from a loader
     */
    public static function choices(string $function, array $params): array
    {
        $connector = ['configoption1' => (string) (self::product()['configoption1'] ?? '')];
        $answer = (array) Client::read('server', $function, $connector + $params);
        if (isset($answer['error'])) {
            throw new Failure((string) $answer['error']);
        }
        return self::labels((array) ($answer['choices'] ?? []));
    }

    /** "success", or what went wrong, for staff. What WHMCS is to keep with the service is stored before it is told. */
    public static function change(string $function, array $params): string
    {
        try {
            $answer = (array) Client::change('server', $function, self::inLanguage($params));
        } catch (Failure $failure) {
            return $failure->getMessage();
        }
        $result = (string) ($answer['result'] ?? 'Wharf gave an answer without a result');
        $properties = (array) ($answer['properties'] ?? []);
        if ($result !== 'success' || $properties === [] || !isset($params['model'])) {
            return $result;
        }
        try {
            $params['model']->serviceProperties->save($properties);
        } catch (\Throwable $error) {
            // It can be run again: Wharf answers with the same service.
            return 'It is done, but WHMCS could not store the service\'s data: ' . $error->getMessage();
        }
        return $result;
    }

    public static function test(string $function, array $params): array
    {
        try {
            $answer = (array) Client::read('server', $function, $params);
        } catch (Failure $failure) {
            return ['success' => false, 'error' => $failure->getMessage()];
        }
        return ['success' => ($answer['success'] ?? false) === true, 'error' => (string) ($answer['error'] ?? '')];
    }

    public static function signOn(string $function, array $params): array
    {
        try {
            $answer = (array) Client::change('server', $function, self::inLanguage($params));
        } catch (Failure $failure) {
            return ['success' => false, 'errorMsg' => self::forWhomever($failure)];
        }
        if (($answer['success'] ?? false) === true) {
            return ['success' => true, 'redirectTo' => (string) ($answer['redirectTo'] ?? '')];
        }
        return ['success' => false, 'errorMsg' => (string) ($answer['errorMsg'] ?? self::NOT_NOW)];
    }

    /** A link on a page of staff; nothing where there is none. */
    public static function html(string $function, array $params): string
    {
        return (string) (self::ask($function, $params)['html'] ?? '');
    }

    /** A failure is told to the customer in plain words only; its cause is for staff. */
    public static function page(string $function, array $params): array
    {
        try {
            $html = (string) (((array) Client::read('server', $function, self::inLanguage($params)))['html'] ?? '');
        } catch (Failure $failure) {
            $html = '<p class="wharf">The data of this service is not available at the moment.</p>';
        }
        return ['tabOverviewModuleOutputTemplate' => 'clientarea.tpl', 'templateVariables' => ['wharf' => $html]];
    }

    /** Label → function. */
    public static function buttons(string $function, array $params): array
    {
        $buttons = [];
        foreach ((array) (self::ask($function, self::inLanguage($params))['buttons'] ?? []) as $button) {
            $buttons[(string) $button['label']] = (string) $button['function'];
        }
        return $buttons;
    }

    /** Label → HTML. */
    public static function fields(string $function, array $params): array
    {
        try {
            $answer = (array) Client::read('server', $function, $params);
        } catch (Failure $failure) {
            return ['Wharf' => htmlspecialchars($failure->getMessage())];
        }
        $fields = [];
        foreach ((array) ($answer['fields'] ?? []) as $field) {
            $fields[(string) $field['label']] = (string) $field['html'];
        }
        return $fields;
    }

    /** Hands on what staff entered in the fields of ours. */
    public static function saveFields(string $function, array $params): void
    {
        $entered = array_filter((array) ($_POST['wharf'] ?? []), 'is_scalar');
        if ($entered === []) {
            return;
        }
        try {
            Client::change('server', $function, ['posted' => $entered, 'admin' => (int) ($_SESSION['adminid'] ?? 0)] + $params);
        } catch (Failure $failure) {
            self::note($failure->getMessage());
        }
    }

    /** Writes the usage of all services of a server, in few statements. */
    public static function usage(string $function, array $params): void
    {
        try {
            $answer = (array) Client::change('server', $function, $params);
        } catch (Failure $failure) {
            self::note('The usage of server ' . ($params['serverid'] ?? '') . ' was not updated: ' . $failure->getMessage());
            return;
        }
        if (isset($answer['error'])) {
            self::note('The usage of server ' . ($params['serverid'] ?? '') . ' was not updated: ' . $answer['error']);
        }
        foreach (array_chunk((array) ($answer['services'] ?? []), self::TOGETHER) as $services) {
            self::write($services, (int) ($params['serverid'] ?? 0));
        }
    }

    /** @return Metrics|null null where WHMCS bills no usage */
    public static function metrics(string $function, array $params)
    {
        if (!interface_exists('WHMCS\UsageBilling\Contracts\Metrics\ProviderInterface')) {
            return null;
        }
        require_once __DIR__ . '/metrics.php';
        return new Metrics($function, $params);
    }

    public static function accounts(string $function, array $params): array
    {
        try {
            $answer = (array) Client::change('server', $function, $params);
        } catch (Failure $failure) {
            return ['success' => false, 'error' => $failure->getMessage()];
        }
        return isset($answer['accounts'])
            ? ['success' => true, 'accounts' => (array) $answer['accounts']]
            : ['success' => false, 'error' => (string) ($answer['error'] ?? 'Wharf gave an answer without accounts')];
    }

    /** @return CustomActionCollection|null null before WHMCS 8.5 */
    public static function actions(string $function, array $params)
    {
        if (!class_exists(CustomActionCollection::class)) {
            return null;
        }
        $collection = new CustomActionCollection();
        foreach ((array) (self::ask($function, self::inLanguage($params))['actions'] ?? []) as $action) {
            $target = [self::named($function, (string) $action['function']), $params];
            $collection->add(CustomAction::factory(
                (string) $action['name'],
                (string) $action['title'],
                [self::class, 'signOn'],
                $target,
                ['productsso']
            ));
        }
        return $collection;
    }

    /** Value → label. */
    private static function labels(array $choices): array
    {
        $labels = [];
        foreach ($choices as $choice) {
            $labels[(string) $choice['value']] = (string) $choice['title'];
        }
        return $labels;
    }

    /** A read of something that can be left out. */
    private static function ask(string $function, array $params): array
    {
        try {
            return (array) Client::read('server', $function, $params);
        } catch (Failure $failure) {
            return [];
        }
    }

    private static function write(array $services, int $server): void
    {
        $sets = [];
        $values = [];
        foreach (self::USAGE as $column) {
            $cases = '';
            foreach ($services as $service) {
                if (isset($service[$column])) {
                    $cases .= ' WHEN ? THEN ?';
                    array_push($values, (int) $service['id'], (int) $service[$column]);
                }
            }
            if ($cases !== '') {
                $sets[] = "$column = CASE id$cases ELSE $column END";
            }
        }
        $sets[] = 'lastupdate = ?';
        $ids = array_map('intval', array_column($services, 'id'));
        $marks = implode(', ', array_fill(0, count($ids), '?'));
        $sql = 'UPDATE tblhosting SET ' . implode(', ', $sets) . " WHERE server = ? AND id IN ($marks)";
        Capsule::connection()->update($sql, array_merge($values, [date('Y-m-d H:i:s'), $server], $ids));
    }

    /** The product whose page staff has open: WHMCS does not tell the module which one it is. */
    private static function product(): array
    {
        $id = $_REQUEST['id'] ?? null;
        if (!defined('ADMINAREA') || !is_scalar($id) || (int) $id <= 0 || !class_exists(Capsule::class)) {
            return [];
        }
        try {
            return (array) Capsule::table('tblproducts')->where('id', (int) $id)->first();
        } catch (\Throwable $error) {
            return [];
        }
    }

    private static function plainOptions(array $product, string $why): array
    {
        $options = [
            'Connector' => ['Type' => 'text', 'Size' => '25', 'Description' => htmlspecialchars($why), 'SimpleMode' => true],
            'Plan' => ['Type' => 'text', 'Size' => '25', 'SimpleMode' => true],
        ];
        for ($number = 24; $number > 2; $number--) {
            if ((string) ($product['configoption' . $number] ?? '') !== '') {
                break;
            }
        }
        for ($next = 3; $next <= $number; $next++) {
            $options['Option ' . $next] = ['Type' => 'text', 'Size' => '25', 'SimpleMode' => true];
        }
        return $options;
    }

    /** The same module's function of another name. */
    private static function named(string $function, string $name): string
    {
        return explode('_', $function, 2)[0] . '_' . $name;
    }

    /** The visitor's language, where WHMCS does not tell it. */
    private static function inLanguage(array $params): array
    {
        $language = $_SESSION['Language'] ?? null;
        return is_string($language) && $language !== '' ? $params + ['language' => $language] : $params;
    }

    private static function forWhomever(Failure $failure): string
    {
        return defined('ADMINAREA') ? $failure->getMessage() : self::NOT_NOW;
    }

    private static function note(string $line): void
    {
        if (function_exists('logActivity')) {
            logActivity('Wharf: ' . $line);
        }
    }

    private const NOT_NOW = 'This is not possible at the moment. Please try again later.';
}
