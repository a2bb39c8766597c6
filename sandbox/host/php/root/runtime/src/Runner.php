<?php

declare(strict_types=1);

namespace SandboxHost;

/** Executes the one call of this request. */
final class Runner
{
    public static function run(string $body): void
    {
        try {
            $request = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
            self::dispatch(
                (string) $request['kind'],
                (string) $request['module'],
                (string) $request['function'],
                (array) ($request['params'] ?? [])
            );
            Answer::complete();
        } catch (\Throwable $error) {
            Answer::fail($error);
        }
    }

    /** @param array<string, mixed> $params */
    private static function dispatch(string $kind, string $name, string $function, array $params): void
    {
        self::fillRequest($params);
        if ($function === '__modules') {
            Answer::$exists = true;
            Answer::$value = Module::names($kind);
            return;
        }
        if (!in_array($function, ['__describe', '__functions'], true)) {
            Hooks::loadAll();
        }
        if ($function === '__hook') {
            Answer::$exists = true;
            Answer::$value = HookPoint::run((string) ($params['point'] ?? ''), (array) ($params['vars'] ?? []));
            return;
        }
        $module = Module::load($kind, $name);
        if ($function === '__functions' || $function === '__describe') {
            Answer::$exists = true;
            Answer::$value = $function === '__functions' ? $module->functions() : $module->describe();
            return;
        }
        if ($function === '__loader') {
            Answer::$value = self::choices($module, Parameters::build($module, $function, $params));
            Answer::$exists = true;
            return;
        }
        $call = new ModuleCall($module, $function, Parameters::build($module, $function, $params));
        Answer::$exists = $call->exists();
        Answer::$value = $call->run();
        Answer::$exists = $call->exists() || Answer::$value !== null;
    }

    /**
     * What the loader of the option `_option` offers; whatever it throws is its failure.
     *
     * @param array<string, mixed> $params
     */
    private static function choices(Module $module, array $params): mixed
    {
        $name = (string) ($params['_option'] ?? '');
        unset($params['_option']);
        $options = $module->callable('ConfigOptions');
        $all = $options === null ? [] : $options(['producttype' => 'other', 'isAddon' => false]);
        $loader = is_array($all) ? ($all[$name]['Loader'] ?? null) : null;
        if (!is_callable($loader)) {
            throw new \RuntimeException("The option \"$name\" has no loader that can be called");
        }
        return $loader($params);
    }

    /**
     * What the visitor sent to the page on whose behalf the module runs: parameter `_request` with `method`, `query`
     * and `post` (maps, or as they were encoded), because some module functions read the superglobals.
     *
     * @param array<string, mixed> $params
     */
    private static function fillRequest(array &$params): void
    {
        $request = (array) ($params['_request'] ?? []);
        unset($params['_request']);
        $_GET = self::fields($request['query'] ?? []);
        $_POST = self::fields($request['post'] ?? []);
        $_REQUEST = $_POST + $_GET;
        $_SERVER['REQUEST_METHOD'] = (string) ($request['method'] ?? ($_POST === [] ? 'GET' : 'POST'));
        $_SERVER['QUERY_STRING'] = http_build_query($_GET);
        $_SERVER['REMOTE_ADDR'] = (string) ($request['ip'] ?? $_SERVER['REMOTE_ADDR'] ?? '127.0.0.1');
        unset($_SERVER['CONTENT_TYPE'], $_SERVER['CONTENT_LENGTH']);
        $admin = strpos((string) ($_SERVER['SCRIPT_NAME'] ?? ''), '/admin') === 0;
        define($admin ? 'ADMINAREA' : 'CLIENTAREA', true);
    }

    /** @return array<string, mixed> */
    private static function fields(mixed $given): array
    {
        if (!is_string($given)) {
            return (array) $given;
        }
        parse_str($given, $fields);
        return $fields;
    }
}
