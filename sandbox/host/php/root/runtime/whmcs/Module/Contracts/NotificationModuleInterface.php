<?php

namespace WHMCS\Module\Contracts;

use WHMCS\Notification\Contracts\NotificationInterface;

interface NotificationModuleInterface
{
    public function settings();

    public function isActive();

    public function getName();

    public function getDisplayName();

    public function getLogoPath();

    public function testConnection($settings);

    public function notificationSettings();

    public function getDynamicField($fieldName, $settings);

    public function sendNotification(NotificationInterface $notification, $moduleSettings, $notificationSettings);
}
