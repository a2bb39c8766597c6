<?php

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

add_hook('AdminHomeWidgets', 1, function () {
    return new BoxlaneWidget();
});

add_hook('AfterModuleCreate', 1, function ($vars) {
    if ($vars['params']['moduletype'] === 'boxlane') {
        logActivity('Box Lane created service ' . $vars['params']['serviceid'], $vars['params']['userid']);
    }
});

class BoxlaneWidget extends \WHMCS\Module\AbstractWidget
{
    protected $title = 'Box Lane';
    protected $description = 'Boxes by state';
    protected $weight = 20;
    protected $columns = 1;
    protected $cache = false;
    protected $requiredPermission = '';

    public function getData()
    {
        return ['boxes' => Capsule::table('tblhosting')->where('domainstatus', 'Active')->count()];
    }

    public function generateOutput($data)
    {
        return '<div class="widget-content-padded">Boxes in use: <b>' . $data['boxes'] . '</b></div>';
    }
}
