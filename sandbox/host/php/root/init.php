<?php

// What callbacks and older modules require first: constants, classes, functions, session and the hooks of active modules.
require_once __DIR__ . '/runtime/boot.php';

if (!defined('SANDBOX_HOST_RUNNER') && !defined('SANDBOX_HOST_TESTS')) {
    \SandboxHost\ScriptGuard::arm();
    \SandboxHost\Hooks::loadAll();
}
