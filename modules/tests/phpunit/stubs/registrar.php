<?php

// Stand-ins with the documented members only: a module that calls anything else fails its test.
// phpcs:disable PSR1.Classes.ClassDeclaration.MultipleClasses

namespace WHMCS {
    if (!class_exists(Carbon::class, false)) {
        class Carbon extends \DateTimeImmutable
        {
            /** @return static|false */
            #[\ReturnTypeWillChange]
            public static function createFromFormat($format, $time, $timezone = null)
            {
                $zone = is_string($timezone) ? new \DateTimeZone($timezone) : $timezone;
                $date = parent::createFromFormat($format, $time, $zone);
                return $date === false ? false : new static($date->format('Y-m-d H:i:s'), $date->getTimezone());
            }
        }
    }
}

namespace WHMCS\Domain\Registrar {
    class Domain
    {
        public const STATUS_ACTIVE = 'Active';
        public const STATUS_ARCHIVED = 'Archived';
        public const STATUS_DELETED = 'Deleted';
        public const STATUS_EXPIRED = 'Expired';
        public const STATUS_INACTIVE = 'Inactive';
        public const STATUS_SUSPENDED = 'Suspended';
        public const STATUS_PENDING_DELETE = 'Pending Delete';

        /** @var array setter name without "set" → value */
        public $set = [];

        public function setDomain($value)
        {
            return $this->keep('Domain', $value);
        }

        public function setNameservers(array $value)
        {
            return $this->keep('Nameservers', $value);
        }

        public function setRegistrationStatus(string $value)
        {
            return $this->keep('RegistrationStatus', $value);
        }

        public function setTransferLock(bool $value)
        {
            return $this->keep('TransferLock', $value);
        }

        public function setExpiryDate(?\WHMCS\Carbon $value)
        {
            return $this->keep('ExpiryDate', $value);
        }

        public function setIdProtectionStatus(bool $value)
        {
            return $this->keep('IdProtectionStatus', $value);
        }

        public function setTransferLockExpiryDate(?\WHMCS\Carbon $value)
        {
            return $this->keep('TransferLockExpiryDate', $value);
        }

        public function setRestorable(bool $value)
        {
            return $this->keep('Restorable', $value);
        }

        public function setDnsManagementStatus(bool $value)
        {
            return $this->keep('DnsManagementStatus', $value);
        }

        public function setEmailForwardingStatus(bool $value)
        {
            return $this->keep('EmailForwardingStatus', $value);
        }

        public function setIsIrtpEnabled(bool $value)
        {
            return $this->keep('IsIrtpEnabled', $value);
        }

        public function setIrtpTransferLock(bool $value)
        {
            return $this->keep('IrtpTransferLock', $value);
        }

        public function setIrtpTransferLockExpiryDate(?\WHMCS\Carbon $value)
        {
            return $this->keep('IrtpTransferLockExpiryDate', $value);
        }

        public function setDomainContactChangePending(bool $value)
        {
            return $this->keep('DomainContactChangePending', $value);
        }

        public function setPendingSuspension(bool $value)
        {
            return $this->keep('PendingSuspension', $value);
        }

        public function setDomainContactChangeExpiryDate(?\WHMCS\Carbon $value)
        {
            return $this->keep('DomainContactChangeExpiryDate', $value);
        }

        public function setRegistrantEmailAddress(string $value)
        {
            return $this->keep('RegistrantEmailAddress', $value);
        }

        public function setIrtpVerificationTriggerFields(array $value)
        {
            return $this->keep('IrtpVerificationTriggerFields', $value);
        }

        private function keep(string $name, $value): self
        {
            $this->set[$name] = $value;
            return $this;
        }
    }
}

namespace WHMCS\Domains {
    class Domain
    {
        private $sld;
        private $tld;

        public function __construct(string $sld, string $tld)
        {
            $this->sld = $sld;
            $this->tld = $tld;
        }

        public function getDomain(): string
        {
            return $this->sld . '.' . $this->tld;
        }
    }
}

namespace WHMCS\Domains\DomainLookup {
    class SearchResult extends \WHMCS\Domains\Domain
    {
        public const STATUS_REGISTERED = 'registered';
        public const STATUS_NOT_REGISTERED = 'not registered';
        public const STATUS_RESERVED = 'reserved';
        public const STATUS_UNKNOWN = 'unknown';
        public const STATUS_TLD_NOT_SUPPORTED = 'tld not supported';

        public $status;
        public $score;
        public $premium = false;
        public $pricing;

        public function setStatus(string $status)
        {
            $this->status = $status;
        }

        public function setScore(float $score)
        {
            $this->score = $score;
        }

        public function setPremiumDomain(bool $premium)
        {
            $this->premium = $premium;
        }

        public function setPremiumCostPricing(array $pricing)
        {
            $this->pricing = $pricing;
        }
    }

    class ResultsList extends \ArrayObject
    {
    }
}

namespace WHMCS\Results {
    class ResultsList extends \ArrayObject
    {
    }
}

namespace WHMCS\Domain {
    /** A row of tbldomains. */
    class Domain
    {
        /** @var array<int, self> */
        public static $rows = [];
        public $expirydate;

        public static function find($id): ?self
        {
            return self::$rows[$id] ?? null;
        }
    }
}

namespace WHMCS\Domain\TopLevel {
    class ImportItem
    {
        private const FIELDS = [
            'Extension', 'MinYears', 'MaxYears', 'YearsStep', 'Years', 'RegisterPrice', 'RenewPrice', 'TransferPrice', 'Currency',
            'GraceFeeDays', 'GraceFeePrice', 'RedemptionFeeDays', 'RedemptionFeePrice', 'EppRequired',
        ];

        /** @var array setter name without "set" → value */
        public $set = [];

        public function __call(string $setter, array $arguments): self
        {
            if (!in_array(substr($setter, 3), self::FIELDS, true) || count($arguments) !== 1) {
                throw new \BadMethodCallException($setter);
            }
            $this->set[substr($setter, 3)] = $arguments[0];
            return $this;
        }
    }
}

namespace WHMCS\Exception\Module {
    class InvalidConfiguration extends \Exception
    {
    }
}
