<?php

namespace WHMCS\Domain\Registrar;

/** What a registrar module tells about one domain. A getter answers null for what was not set. */
class Domain
{
    public const STATUS_ACTIVE = 'Active';
    public const STATUS_ARCHIVED = 'Archived';
    public const STATUS_DELETED = 'Deleted';
    public const STATUS_EXPIRED = 'Expired';
    public const STATUS_INACTIVE = 'Inactive';
    public const STATUS_SUSPENDED = 'Suspended';
    public const STATUS_PENDING_DELETE = 'Pending Delete';

    protected $domain;
    protected $nameservers;
    protected $registrationStatus;
    protected $transferLock;
    protected $transferLockExpiryDate;
    protected $expiryDate;
    protected $restorable;
    protected $idProtectionStatus;
    protected $dnsManagementStatus;
    protected $emailForwardingStatus;
    protected $isIrtpEnabled;
    protected $irtpOptOutStatus;
    protected $irtpTransferLock;
    protected $irtpTransferLockExpiryDate;
    protected $domainContactChangePending;
    protected $pendingSuspension;
    protected $domainContactChangeExpiryDate;
    protected $registrantEmailAddress;
    protected $irtpVerificationTriggerFields;

    public function setDomain($domain)
    {
        $this->domain = $domain;
        return $this;
    }

    public function getDomain()
    {
        return $this->domain;
    }

    public function setNameservers($nameservers)
    {
        $this->nameservers = $nameservers;
        return $this;
    }

    public function getNameservers()
    {
        return $this->nameservers;
    }

    public function setRegistrationStatus($registrationStatus)
    {
        $this->registrationStatus = $registrationStatus;
        return $this;
    }

    public function getRegistrationStatus()
    {
        return $this->registrationStatus;
    }

    public function setTransferLock($transferLock)
    {
        $this->transferLock = $transferLock;
        return $this;
    }

    public function getTransferLock()
    {
        return $this->transferLock;
    }

    public function setTransferLockExpiryDate($transferLockExpiryDate)
    {
        $this->transferLockExpiryDate = $transferLockExpiryDate;
        return $this;
    }

    public function getTransferLockExpiryDate()
    {
        return $this->transferLockExpiryDate;
    }

    public function setExpiryDate($expiryDate)
    {
        $this->expiryDate = $expiryDate;
        return $this;
    }

    public function getExpiryDate()
    {
        return $this->expiryDate;
    }

    public function setRestorable($restorable)
    {
        $this->restorable = $restorable;
        return $this;
    }

    public function getRestorable()
    {
        return $this->restorable;
    }

    public function setIdProtectionStatus($idProtectionStatus)
    {
        $this->idProtectionStatus = $idProtectionStatus;
        return $this;
    }

    public function getIdProtectionStatus()
    {
        return $this->idProtectionStatus;
    }

    public function setDnsManagementStatus($dnsManagementStatus)
    {
        $this->dnsManagementStatus = $dnsManagementStatus;
        return $this;
    }

    public function getDnsManagementStatus()
    {
        return $this->dnsManagementStatus;
    }

    public function setEmailForwardingStatus($emailForwardingStatus)
    {
        $this->emailForwardingStatus = $emailForwardingStatus;
        return $this;
    }

    public function getEmailForwardingStatus()
    {
        return $this->emailForwardingStatus;
    }

    public function setIsIrtpEnabled($isIrtpEnabled)
    {
        $this->isIrtpEnabled = $isIrtpEnabled;
        return $this;
    }

    public function getIsIrtpEnabled()
    {
        return $this->isIrtpEnabled;
    }

    public function setIrtpOptOutStatus($irtpOptOutStatus)
    {
        $this->irtpOptOutStatus = $irtpOptOutStatus;
        return $this;
    }

    public function getIrtpOptOutStatus()
    {
        return $this->irtpOptOutStatus;
    }

    public function setIrtpTransferLock($irtpTransferLock)
    {
        $this->irtpTransferLock = $irtpTransferLock;
        return $this;
    }

    public function getIrtpTransferLock()
    {
        return $this->irtpTransferLock;
    }

    public function setIrtpTransferLockExpiryDate($irtpTransferLockExpiryDate)
    {
        $this->irtpTransferLockExpiryDate = $irtpTransferLockExpiryDate;
        return $this;
    }

    public function getIrtpTransferLockExpiryDate()
    {
        return $this->irtpTransferLockExpiryDate;
    }

    public function setDomainContactChangePending($domainContactChangePending)
    {
        $this->domainContactChangePending = $domainContactChangePending;
        return $this;
    }

    public function getDomainContactChangePending()
    {
        return $this->domainContactChangePending;
    }

    public function setPendingSuspension($pendingSuspension)
    {
        $this->pendingSuspension = $pendingSuspension;
        return $this;
    }

    public function getPendingSuspension()
    {
        return $this->pendingSuspension;
    }

    public function setDomainContactChangeExpiryDate($domainContactChangeExpiryDate)
    {
        $this->domainContactChangeExpiryDate = $domainContactChangeExpiryDate;
        return $this;
    }

    public function getDomainContactChangeExpiryDate()
    {
        return $this->domainContactChangeExpiryDate;
    }

    public function setRegistrantEmailAddress($registrantEmailAddress)
    {
        $this->registrantEmailAddress = $registrantEmailAddress;
        return $this;
    }

    public function getRegistrantEmailAddress()
    {
        return $this->registrantEmailAddress;
    }

    public function setIrtpVerificationTriggerFields($irtpVerificationTriggerFields)
    {
        $this->irtpVerificationTriggerFields = $irtpVerificationTriggerFields;
        return $this;
    }

    public function getIrtpVerificationTriggerFields()
    {
        return $this->irtpVerificationTriggerFields;
    }

    public function getNameserver($number)
    {
        return $this->nameservers['ns' . $number] ?? null;
    }

    public function isContactChangePending()
    {
        return $this->domainContactChangePending;
    }

    public function hasTransferLock()
    {
        return $this->transferLock;
    }

    public function isRestorable()
    {
        return $this->restorable;
    }

    /** @return array<string, mixed> every field by name, dates as YYYY-MM-DD */
    public function fields()
    {
        return array_map(
            static fn ($value) => $value instanceof \DateTimeInterface ? $value->format('Y-m-d') : $value,
            get_object_vars($this)
        );
    }
}
