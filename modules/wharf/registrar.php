<?php

/**
 * Registrar functions: the call, and its answer as the objects that WHMCS expects. Shared by all names under which
 * the registrar module is installed.
 */

namespace Wharf;

use WHMCS\Carbon;
use WHMCS\Domain\Registrar\Domain;
use WHMCS\Domain\TopLevel\ImportItem;
use WHMCS\Domains\DomainLookup\ResultsList;
use WHMCS\Domains\DomainLookup\SearchResult;
use WHMCS\Exception\Module\InvalidConfiguration;
use WHMCS\Results\ResultsList as PriceList;

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

    private const FACTS = [
        'transferLock' => 'setTransferLock',
        'restorable' => 'setRestorable',
        'idProtection' => 'setIdProtectionStatus',
        'dnsManagement' => 'setDnsManagementStatus',
        'emailForwarding' => 'setEmailForwardingStatus',
        'irtpEnabled' => 'setIsIrtpEnabled',
        'irtpTransferLock' => 'setIrtpTransferLock',
        'contactChangePending' => 'setDomainContactChangePending',
        'pendingSuspension' => 'setPendingSuspension',
        'registrantEmail' => 'setRegistrantEmailAddress',
        'irtpTriggerFields' => 'setIrtpVerificationTriggerFields',
    ];

    private const DATES = [
        'expiryDate' => 'setExpiryDate',
        'transferLockExpiryDate' => 'setTransferLockExpiryDate',
        'irtpTransferLockExpiryDate' => 'setIrtpTransferLockExpiryDate',
        'contactChangeExpiryDate' => 'setDomainContactChangeExpiryDate',
    ];

    private const IMPORT = [
        'extension', 'minYears', 'maxYears', 'yearsStep', 'years', 'registerPrice', 'renewPrice', 'transferPrice', 'currency',
        'graceFeeDays', 'graceFeePrice', 'redemptionFeeDays', 'redemptionFeePrice', 'eppRequired',
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

    /** A change that depends on the expiry date in WHMCS's books: it tells a repetition from another year. */
    public static function renew(string $function, array $params): array
    {
        try {
            $books = \WHMCS\Domain\Domain::find($params['domainid'] ?? 0);
            $params['expirydate'] = $books === null ? ($params['expirydate'] ?? null) : $books->expirydate;
        } catch (\Throwable $error) {
            // Without it Wharf goes by what the registrar says.
        }
        return self::change($function, $params);
    }

    /** @return string|array locked, unlocked or nothing; a failure as an error */
    public static function lock(string $function, array $params)
    {
        $answer = self::read($function, $params);
        return isset($answer['error']) ? $answer : (string) ($answer['lock'] ?? '');
    }

    /** A map that belongs to a page: the page must do without it when there is none. */
    public static function options(string $function, array $params): array
    {
        $answer = self::read($function, $params);
        return isset($answer['error']) ? [] : $answer;
    }

    /** Labels and HTML on the staff's domain page; a failure is shown in their place. */
    public static function fields(string $function, array $params): array
    {
        $answer = self::read($function, $params + ['adminlanguage' => (string) ($_SESSION['adminlang'] ?? '')]);
        return isset($answer['error']) ? ['Wharf' => htmlspecialchars($answer['error'], ENT_QUOTES, 'UTF-8')] : $answer;
    }

    /** What staff entered in those fields. */
    public static function save(string $function, array $params): array
    {
        $ours = $_POST['wharf'] ?? null;
        return is_array($ours) ? self::change($function, $params + ['post' => ['wharf' => $ours]]) : [];
    }

    /** @return PriceList|array */
    public static function prices(string $function, array $params)
    {
        $answer = self::read($function, $params);
        if (isset($answer['error'])) {
            return $answer;
        }
        $list = new PriceList();
        foreach ($answer['items'] ?? [] as $row) {
            $item = new ImportItem();
            foreach (self::IMPORT as $field) {
                if (isset($row[$field])) {
                    $item->{'set' . ucfirst($field)}($row[$field]);
                }
            }
            $list->append($item);
        }
        return $list;
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
            if (isset($row['score'])) {
                $result->setScore($row['score']);
            }
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
        foreach (self::FACTS as $fact => $setter) {
            if (isset($answer[$fact])) {
                $domain->{$setter}($answer[$fact]);
            }
        }
        foreach (self::DATES as $date => $setter) {
            if (isset($answer[$date])) {
                $domain->{$setter}(Carbon::createFromFormat('Y-m-d H:i:s', $answer[$date] . ' 00:00:00', 'UTC'));
            }
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
