<?php

namespace WHMCS\Results;

class ResultsList extends \ArrayObject
{
    public function toArray()
    {
        return $this->getArrayCopy();
    }
}
