<?php

declare(strict_types=1);

namespace SandboxHost;

/** Turns what ClientArea and page functions return into HTML. */
final class Templates
{
    /**
     * @param array<string, mixed> $params
     * @return mixed the value itself when it is no page
     */
    public static function page(Module $module, string $function, mixed $value, array $params): mixed
    {
        $clientArea = strcasecmp($function, 'ClientArea') === 0;
        if ($clientArea && is_string($value)) {
            return ['html' => $value, 'placement' => 'append'];
        }
        if ($clientArea && ($value === null || $value === []) && is_file($module->folder . '/clientarea.tpl')) {
            $value = ['templatefile' => 'clientarea'];
        }
        if (!is_array($value)) {
            return $value;
        }
        $ways = [
            'tabOverviewReplacementTemplate' => ['templateVariables', 'replace'],
            'tabOverviewModuleOutputTemplate' => ['templateVariables', 'append'],
            'templatefile' => ['vars', 'append'],
        ];
        foreach ($ways as $key => [$variables, $placement]) {
            if (!empty($value[$key]) && is_string($value[$key])) {
                $vars = (array) ($value[$variables] ?? $value['templateVariables'] ?? $value['vars'] ?? []);
                $html = self::render($module, $value[$key], $vars + self::moduleVariables($params));
                unset($value['vars'], $value['templateVariables']);
                return ['html' => $html, 'placement' => $placement] + $value;
            }
        }
        return $value;
    }

    /** @param array<string, mixed> $vars */
    public static function render(Module $module, string $name, array $vars): string
    {
        $file = self::locate($module, $name);
        if ($file === null) {
            throw new \RuntimeException("The template \"$name\" is not in " . substr($module->folder, strlen(Host::$root) + 1));
        }
        return self::fetch($file, $vars, $module->folder);
    }

    /** @param array<string, mixed> $vars */
    public static function fetch(string $file, array $vars, string $folder = ''): string
    {
        $folders = [$folder, $folder . '/templates', Host::$root . '/templates'];
        $smarty = SmartyFactory::make(array_values(array_filter($folders, 'is_dir')));
        $smarty->assign(self::globals());
        $smarty->assign($vars);
        return (string) $smarty->fetch('file:' . $file);
    }

    /** The active theme may override a module's template of the same name. */
    private static function locate(Module $module, string $name): ?string
    {
        $name = ltrim(substr($name, -4) === '.tpl' ? $name : $name . '.tpl', '/');
        if (strpos($name, '..') !== false) {
            return null;
        }
        $theme = self::theme();
        $relative = substr($module->folder, strlen(Host::$root . '/modules/')) . '/' . $name;
        $places = [
            Host::$root . "/templates/$theme/modules/$relative",
            $module->folder . '/' . $name,
            $module->folder . '/templates/' . $name,
            Host::$root . "/templates/$theme/$name",
        ];
        foreach ($places as $place) {
            if (is_file($place)) {
                return $place;
            }
        }
        return null;
    }

    private static function theme(): string
    {
        $theme = (string) Settings::get('Template');
        return preg_match('/^[A-Za-z0-9_-]+$/', $theme) ? $theme : 'plain';
    }

    /**
     * @param array<string, mixed> $params
     * @return array<string, mixed>
     */
    private static function moduleVariables(array $params): array
    {
        $plain = array_filter($params, static fn ($value): bool => is_scalar($value) || is_array($value));
        unset($plain['serverpassword'], $plain['serveraccesshash'], $plain['original']);
        return $plain + ['id' => $params['serviceid'] ?? $params['domainid'] ?? '', 'moduleParams' => $params];
    }

    /** @return array<string, mixed> */
    private static function globals(): array
    {
        $web = Host::path();
        $theme = self::theme();
        $client = (int) ($_SESSION['uid'] ?? 0);
        return [
            'systemurl' => Host::$systemUrl,
            'systemsslurl' => Host::$systemUrl,
            'systemNonSSLURL' => Host::$systemUrl,
            'WEB_ROOT' => $web,
            'BASE_PATH_CSS' => $web . '/assets/css',
            'BASE_PATH_JS' => $web . '/assets/js',
            'BASE_PATH_IMG' => $web . '/assets/img',
            'BASE_PATH_FONTS' => $web . '/assets/fonts',
            'companyname' => (string) Settings::get('CompanyName'),
            'charset' => 'utf-8',
            'language' => Host::language(),
            'LANG' => $GLOBALS['_LANG'],
            'template' => $theme,
            'filename' => basename((string) ($_SERVER['SCRIPT_NAME'] ?? ''), '.php'),
            'token' => (string) ($_SESSION['token'] ?? ''),
            'loggedin' => $client > 0,
            'client' => $client > 0 ? \WHMCS\User\Client::findOrEmpty($client) : null,
            'logo' => '',
            'pagetitle' => '',
            'reCaptchaPublicKey' => '',
            'versionHash' => substr(sha1(Host::VERSION), 0, 8),
            'servedOverSsl' => strncmp(Host::$systemUrl, 'https:', 6) === 0,
            'todaysdate' => getTodaysDate(),
            'date_day' => date('d'),
            'date_month' => date('m'),
            'date_year' => date('Y'),
        ];
    }
}
