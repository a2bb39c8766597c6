<?php

namespace WHMCS\Module\Server;

use Illuminate\Support\Collection;

class CustomActionCollection extends Collection
{
}
