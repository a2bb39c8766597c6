<?php

use SandboxHost\Crypt;

function encrypt($string)
{
    return Crypt::seal((string) $string);
}

/** An empty string for what this installation did not encrypt. */
function decrypt($string)
{
    return Crypt::open((string) $string) ?? '';
}

function generateNewCCHash($userId = 0)
{
    return md5(\SandboxHost\Host::$encryptionHash . $userId);
}
