<?php

$_ADDONLANG['heading'] = 'On the shelf';
