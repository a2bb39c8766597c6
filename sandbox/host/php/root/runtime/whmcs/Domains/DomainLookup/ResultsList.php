<?php

namespace WHMCS\Domains\DomainLookup;

class ResultsList extends \WHMCS\Results\ResultsList
{
}
