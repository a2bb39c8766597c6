<?php

declare(strict_types=1);

namespace SandboxHost;

/** Smarty with the tags and modifiers that WHMCS's own templates use. */
final class SmartyFactory
{
    /** @param list<string> $folders */
    public static function make(array $folders): \Smarty
    {
        $smarty = new \Smarty();
        $smarty->setTemplateDir($folders);
        $smarty->setCompileDir(Host::$runDir . '/templates_c');
        $smarty->setCacheDir(Host::$runDir . '/templates_c');
        $smarty->setCaching(\Smarty::CACHING_OFF);
        $smarty->setErrorReporting(E_ALL & ~E_NOTICE & ~E_WARNING & ~E_DEPRECATED);
        $smarty->muteUndefinedOrNullWarnings();
        $smarty->registerPlugin('function', 'lang', [self::class, 'lang']);
        $smarty->registerPlugin('function', 'assetPath', [self::class, 'assetPath']);
        $smarty->registerPlugin('block', 'assetExists', [self::class, 'assetExists']);
        $smarty->registerPlugin('function', 'include_asset', [self::class, 'assetPath']);
        $smarty->registerPlugin('modifier', 'sprintf2', [self::class, 'sprintf2']);
        foreach (self::MODIFIERS as $name) {
            $smarty->registerPlugin('modifier', $name, $name);
        }
        return $smarty;
    }

    private const MODIFIERS = [
        'addslashes', 'array_key_exists', 'array_keys', 'ceil', 'explode', 'floor', 'html_entity_decode', 'htmlspecialchars',
        'implode', 'in_array', 'intval', 'json_decode', 'ltrim', 'md5', 'number_format', 'preg_replace', 'print_r', 'rtrim',
        'sprintf', 'str_repeat', 'strlen', 'strpos', 'strstr', 'strtolower', 'strtotime', 'strtoupper', 'substr', 'trim',
        'ucfirst', 'ucwords', 'urldecode', 'urlencode',
    ];

    /** @param array<string, mixed> $params */
    public static function lang(array $params, \Smarty_Internal_Template $template): string
    {
        $key = (string) ($params['key'] ?? '');
        $default = $params['defaultValue'] ?? null;
        unset($params['key'], $params['defaultValue']);
        $text = Language::text($key, $params);
        return $text === $key && $default !== null ? (string) $default : $text;
    }

    /** @param array<string, mixed> $params */
    public static function assetPath(array $params, \Smarty_Internal_Template $template): string
    {
        return self::asset((string) ($params['file'] ?? ''), $params['ns'] ?? null);
    }

    /** @param array<string, mixed> $params */
    public static function assetExists(
        array $params,
        ?string $content,
        \Smarty_Internal_Template $template,
        bool &$repeat
    ): string {
        $path = self::asset((string) ($params['file'] ?? ''));
        $exists = is_file(Host::$root . substr($path, strlen(Host::path())));
        if ($repeat) {
            $template->assign('__assetPath__', $exists ? $path : '');
            return '';
        }
        return $exists ? (string) $content : '';
    }

    /** `sprintf` whose arguments come as a list or one by one. */
    public static function sprintf2(mixed $format, mixed ...$arguments): string
    {
        return vsprintf((string) $format, count($arguments) === 1 && is_array($arguments[0]) ? $arguments[0] : $arguments);
    }

    private static function asset(string $file, mixed $namespace = null): string
    {
        $theme = (string) (Settings::get('Template') ?: 'plain');
        $folder = ['css' => 'css/', 'js' => 'js/', 'png' => 'img/', 'svg' => 'img/'][pathinfo($file, PATHINFO_EXTENSION)] ?? '';
        return Host::path() . '/templates/' . $theme . '/' . $folder . ltrim($file, '/');
    }
}
