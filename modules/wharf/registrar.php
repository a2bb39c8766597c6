<?php

/**
 * Registrar functions: the call, and its answer as the objects that WHMCS expects. Shared by all names under which
 * the registrar module is installed.
 */

namespace Wharf;

use WHMCS\Carbon;
use WHMCS\Domain\Registrar\Domain;
use WHMCS\Domains\DomainLookup\ResultsList;
use WHMCS\Domains\DomainLookup\SearchResult;
use WHMCS\Exception\Module\InvalidConfiguration;

require_once __DIR__ . '/client.php';

final class Registrar
{
    private const AVAILABILITY = [
        'available' => 'STATUS_NOT_REGISTERED',
        'registered' => 'STATUS_REGISTERED',
        'reserved' => 'STATUS_RESERVED',
        'unsupported' => 'STATUS_TLD_NOT_SUPPORTED',
        'unknown' => 'STATUS_UNKNOWN',
    ];

    /** A function whose answer is a map as it stands; a call that failed is such a map too. */
    public static function read(string $function, array $params): array
    {
        try {
            return (array) Client::read('registrar', $function, $params);
        } catch (Failure $failure) {
            return ['error' => $failure->getMessage()];
        }
    }

    public static function change(string $function, array $params): array
    {
        try {
            return (array) Client::change('registrar', $function, $params);
        } catch (Failure $failure) {
            return ['error' => $failure->getMessage()];
        }
    }

    /** Refuses settings that do not work, with what is wrong. */
    public static function validate(string $function, array $params): void
    {
        $answer = self::read($function, $params);
        if (isset($answer['error'])) {
            throw new InvalidConfiguration($answer['error']);
        }
    }

    /** WHMCS takes no error array here: a failure is thrown. */
    public static function results(string $function, array $params): ResultsList
    {
        $results = new ResultsList();
        foreach (self::answered($function, $params)['results'] ?? [] as $row) {
            $result = new SearchResult($row['sld'], $row['tld']);
            $constant = self::AVAILABILITY[$row['status'] ?? 'unknown'] ?? 'STATUS_UNKNOWN';
            $result->setStatus(constant(SearchResult::class . '::' . $constant));
            if (!empty($row['premium'])) {
                $result->setPremiumDomain(true);
            }
            if (!empty($row['prices'])) {
                $result->setPremiumCostPricing($row['prices']);
            }
            $results->append($result);
        }
        return $results;
    }

    /** WHMCS takes no error array here: a failure is thrown. */
    public static function information(string $function, array $params): Domain
    {
        $answer = self::answered($function, $params);
        $domain = new Domain();
        $domain->setDomain($answer['domain']);
        $domain->setNameservers($answer['nameservers'] ?? []);
        $domain->setRegistrationStatus(constant(Domain::class . '::STATUS_' . strtoupper($answer['status'])));
        // What the registrar does not say stays unset: WHMCS then hides it.
        if (isset($answer['transferLock'])) {
            $domain->setTransferLock($answer['transferLock']);
        }
        if (isset($answer['expiryDate'])) {
            $domain->setExpiryDate(Carbon::createFromFormat('Y-m-d H:i:s', $answer['expiryDate'] . ' 00:00:00', 'UTC'));
        }
        if (isset($answer['idProtection'])) {
            $domain->setIdProtectionStatus($answer['idProtection']);
        }
        return $domain;
    }

    private static function answered(string $function, array $params): array
    {
        $answer = (array) Client::read('registrar', $function, $params);
        if (isset($answer['error'])) {
            throw new Failure($answer['error']);
        }
        return $answer;
    }
}
