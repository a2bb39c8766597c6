<?php

class_alias(\WHMCS\Application\Support\Facades\AdminLang::class, 'AdminLang');
