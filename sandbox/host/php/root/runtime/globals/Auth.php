<?php

class_alias(\WHMCS\Application\Support\Facades\Auth::class, 'Auth');
