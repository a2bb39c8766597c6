<?php

class_alias(\WHMCS\Application\Support\Facades\App::class, 'App');
