<?php

namespace WHMCS;

use SandboxHost\Host;
use SandboxHost\Settings;

/** `$whmcs` and `App::`: request variables, settings, addresses. */
class Application
{
    public function get_req_var($key, $second = null)
    {
        $value = $_REQUEST[$key] ?? '';
        return $second === null ? $value : ($value[$second] ?? '');
    }

    public function getFromRequest($key, $second = null)
    {
        return $this->get_req_var($key, $second);
    }

    public function isInRequest($key, $second = null)
    {
        return $second === null ? isset($_REQUEST[$key]) : isset($_REQUEST[$key][$second]);
    }

    public function get_config($key)
    {
        return Settings::get($key);
    }

    public function set_config($key, $value)
    {
        Settings::set($key, $value);
    }

    public function getSystemURL($withTrailing = true)
    {
        return rtrim(Host::$systemUrl, '/') . ($withTrailing ? '/' : '');
    }

    public function getSystemSSLURL()
    {
        return $this->getSystemURL();
    }

    public function getCurrentFilename()
    {
        return basename((string) ($_SERVER['SCRIPT_NAME'] ?? ''), '.php');
    }

    public function getPhpSelf()
    {
        return (string) ($_SERVER['SCRIPT_NAME'] ?? '');
    }

    public function getRemoteIp()
    {
        return (string) ($_SERVER['REMOTE_ADDR'] ?? '');
    }

    public static function getIP()
    {
        return (string) ($_SERVER['REMOTE_ADDR'] ?? '');
    }

    public function getVersion()
    {
        return new \WHMCS\Version\SemanticVersion(Host::VERSION);
    }

    public function getDBVersion()
    {
        return Host::VERSION;
    }

    public function getLicense()
    {
        return new \ArrayObject();
    }

    public function getClientAreaTemplate()
    {
        return new \ArrayObject();
    }

    public function get_admin_folder_name()
    {
        return 'admin';
    }

    public function getTemplatesCompileDir()
    {
        return Host::$runDir . '/templates_c';
    }

    public function get_hash()
    {
        return Host::$encryptionHash;
    }

    public function getDatabaseObj()
    {
        return Database\Capsule::getInstance();
    }

    public function isSSLAvailable()
    {
        return strncmp(Host::$systemUrl, 'https:', 6) === 0;
    }

    public function in_ssl()
    {
        return $this->isSSLAvailable();
    }

    public function redirect($file, $vars = '')
    {
        redir($vars, $file);
    }

    public function redirectToRoutePath($name, $arguments = [], $query = '')
    {
        header('Location: ' . routePathWithQuery($name, $arguments, $query));
        exit;
    }

    public function self()
    {
        return $this;
    }
}
