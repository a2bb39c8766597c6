<?php

namespace WHMCS\Notification\Contracts;

interface NotificationInterface
{
    public function getTitle();

    public function getMessage();

    public function getUrl();

    public function getAttributes();
}
