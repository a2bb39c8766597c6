<?php

/**
 * Server functions: the call, and its answer in the form that WHMCS expects. Shared by all names under which the server
 * module is installed.
 */

namespace Wharf;

require_once __DIR__ . '/client.php';

final class Server
{
    /** "success", or what went wrong, for staff. What WHMCS is to keep with the service is stored before it is told. */
    public static function change(string $function, array $params): string
    {
        try {
            $answer = (array) Client::change('server', $function, $params);
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
            // Create can be run again: Wharf answers with the same service.
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

    /** A failure is told to the customer in plain words only; its cause is for staff. */
    public static function page(string $function, array $params): array
    {
        try {
            $html = (string) (((array) Client::read('server', $function, $params))['html'] ?? '');
        } catch (Failure $failure) {
            $html = '<p class="wharf">The data of this service is not available at the moment.</p>';
        }
        return ['tabOverviewModuleOutputTemplate' => 'clientarea.tpl', 'templateVariables' => ['wharf' => $html]];
    }
}
