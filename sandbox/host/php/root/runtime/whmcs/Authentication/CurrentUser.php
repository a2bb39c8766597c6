<?php

namespace WHMCS\Authentication;

use WHMCS\User\Admin;
use WHMCS\User\Client;
use WHMCS\User\User;

/** Who is looking, as the host's session tells. */
class CurrentUser
{
    public function isAuthenticatedUser()
    {
        return !empty($_SESSION['uid']);
    }

    public function isAuthenticatedAdmin()
    {
        return !empty($_SESSION['adminid']);
    }

    public function isMasqueradingAdmin()
    {
        return $this->isAuthenticatedAdmin() && $this->isAuthenticatedUser();
    }

    public function client()
    {
        return $this->isAuthenticatedUser() ? Client::find((int) $_SESSION['uid']) : null;
    }

    public function user()
    {
        $client = $this->client();
        return $client === null ? null : ($client->owner() ?? User::where('email', $client->email)->first());
    }

    public function admin()
    {
        return $this->isAuthenticatedAdmin() ? Admin::find((int) $_SESSION['adminid']) : null;
    }
}
