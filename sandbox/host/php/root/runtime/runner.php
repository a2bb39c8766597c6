<?php

// Runs one module call in this request. Only the host can ask for this file; see Php::call.
if (!isset($_SERVER['HOST_MARK'])) {
    http_response_code(404);
    exit;
}
define('SANDBOX_HOST_RUNNER', true);
ob_start();
require __DIR__ . '/src/Answer.php';
\SandboxHost\Answer::prepare($_SERVER['HOST_MARK']);
require __DIR__ . '/boot.php';
\SandboxHost\Runner::run(file_get_contents('php://input'));
