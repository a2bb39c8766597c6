<?php

declare(strict_types=1);

namespace SandboxHost;

/** The `clientsdetails` map that pages and modules get. */
final class ClientDetails
{
    /** @return array<string, mixed> */
    public static function of(int $clientId, int $contactId = 0): array
    {
        $client = Database::row('SELECT * FROM tblclients WHERE id = ?', [$clientId]);
        if ($client === null) {
            return [];
        }
        $details = $client;
        unset($details['password']);
        if ($contactId > 0) {
            $contact = Database::row('SELECT * FROM tblcontacts WHERE id = ? AND userid = ?', [$contactId, $clientId]);
            $details = array_replace($details, array_diff_key($contact ?? [], ['id' => 0, 'password' => 0]));
        }
        $currency = getCurrency($clientId);
        $first = (string) ($details['firstname'] ?? '');
        $last = (string) ($details['lastname'] ?? '');
        $country = (string) ($details['country'] ?? '');
        return array_replace($details, [
            'userid' => $clientId,
            'client_id' => $clientId,
            'fullname' => trim($first . ' ' . $last),
            'fullstate' => $details['state'] ?? '',
            'statecode' => $details['state'] ?? '',
            'countrycode' => $country,
            'countryname' => self::countryName($country),
            'phonecc' => '',
            'phonenumberformatted' => $details['phonenumber'] ?? '',
            'telephoneNumber' => $details['phonenumber'] ?? '',
            'currency_code' => $currency['code'],
            'customfields' => self::customFields($clientId),
            'model' => \WHMCS\User\Client::findOrEmpty($clientId),
        ]);
    }

    private static function countryName(string $code): string
    {
        return $code === '' ? '' : (string) \Locale::getDisplayRegion('-' . $code, 'en');
    }

    /** @return list<array{id: mixed, value: mixed}> */
    private static function customFields(int $clientId): array
    {
        return Database::rows(
            "SELECT f.id, COALESCE(v.value, '') AS value FROM tblcustomfields f"
            . " LEFT JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = ? WHERE f.type = 'client' ORDER BY f.id",
            [$clientId]
        );
    }
}
