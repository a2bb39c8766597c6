<?php

class_alias(\WHMCS\Application\Support\Facades\Menu::class, 'Menu');
