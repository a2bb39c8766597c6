<?php

class_alias(\WHMCS\Application\Support\Facades\Lang::class, 'Lang');
