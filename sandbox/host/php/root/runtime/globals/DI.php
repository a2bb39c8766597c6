<?php

class_alias(\WHMCS\Application\Support\Facades\Di::class, 'DI');
