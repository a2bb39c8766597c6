<?php

use SandboxHost\LocalApi;

function localAPI($command, $values = [], $adminUsername = '')
{
    return LocalApi::call((string) $command, (array) $values, (string) $adminUsername);
}

function sendMessage($template, $relatedId, $merge = [], $displayResult = false, $attachments = [])
{
    $answer = localAPI('SendEmail', [
        'messagename' => (string) $template,
        'id' => (int) $relatedId,
        'customvars' => base64_encode(serialize((array) $merge)),
    ]);
    return ($answer['result'] ?? '') === 'success';
}

function sendAdminNotification($to, $subject, $message, $deptId = 0)
{
    logActivity('Notification to staff: ' . $subject);
    return true;
}

function sendAdminMessage($template, $merge = [], $to = 'system')
{
    logActivity('Message to staff: ' . $template);
    return true;
}
