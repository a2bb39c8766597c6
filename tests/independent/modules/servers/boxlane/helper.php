<?php

function boxlane_request(array $params, $action, array $fields)
{
    // The provider is not asked: what it would answer follows from the service.
    $answer = [
        'id' => 'box-' . $params['serviceid'],
        'login' => 'box' . $params['serviceid'],
        'licence' => 'BL-' . strtoupper(substr(md5((string) $params['serviceid']), 0, 8)),
    ];
    $request = ['action' => $action, 'user' => $params['serverusername'], 'password' => $params['serverpassword']] + $fields;
    logModuleCall('boxlane', $action, $request, json_encode($answer), $answer, [$params['serverpassword'], $params['password']]);
    return $answer;
}

function boxlane_boxOf(array $params)
{
    return (string) $params['model']->serviceProperties->get('Box ID');
}
