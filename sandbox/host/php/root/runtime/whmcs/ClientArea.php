<?php

namespace WHMCS;

use SandboxHost\Templates;

/** A page of a module's own entry script. */
class ClientArea
{
    protected $title = '';
    protected $template = '';
    protected $variables = [];
    protected $breadcrumb = [];

    public function setPageTitle($title)
    {
        $this->title = (string) $title;
        return $this;
    }

    public function setDisplayTitle($title)
    {
        return $this->assign('displayTitle', $title);
    }

    public function setTagLine($tagLine)
    {
        return $this->assign('tagline', $tagLine);
    }

    public function addToBreadCrumb($link, $label)
    {
        $this->breadcrumb[] = ['link' => $link, 'label' => $label];
        return $this;
    }

    public function initPage()
    {
        return $this;
    }

    public function isLoggedIn()
    {
        return !empty($_SESSION['uid']);
    }

    public function getUserID()
    {
        return (int) ($_SESSION['uid'] ?? 0);
    }

    public function getClient()
    {
        return $this->isLoggedIn() ? User\Client::find($this->getUserID()) : null;
    }

    /** Sends visitors to the log-in page and ends the script. */
    public function requireLogin($adminAllowed = false)
    {
        if ($this->isLoggedIn() || ($adminAllowed && !empty($_SESSION['adminid']))) {
            return true;
        }
        redirSystemURL('', 'login.php');
    }

    public function assign($name, $value = null)
    {
        $this->variables = (is_array($name) ? $name : [$name => $value]) + $this->variables;
        return $this;
    }

    public function setTemplate($template)
    {
        $this->template = (string) $template;
        return $this;
    }

    public function disableHeaderFooterOutput()
    {
        return $this;
    }

    public function skipMainBodyContainer()
    {
        return $this;
    }

    public function output()
    {
        $name = substr($this->template, -4) === '.tpl' ? $this->template : $this->template . '.tpl';
        $theme = (string) (\SandboxHost\Settings::get('Template') ?: 'plain');
        foreach ([ROOTDIR . "/templates/$theme/$name", ROOTDIR . $name, ROOTDIR . '/' . ltrim($name, '/')] as $file) {
            if (is_file($file) && strpos($name, '..') === false) {
                $body = Templates::fetch($file, $this->variables + ['pagetitle' => $this->title, 'breadcrumb' => $this->breadcrumb]);
                echo '<!doctype html><html><head><meta charset="utf-8"><title>', htmlspecialchars($this->title),
                    '</title></head><body>', $body, '</body></html>';
                return;
            }
        }
        throw new \RuntimeException("There is no template \"{$this->template}\"");
    }
}
