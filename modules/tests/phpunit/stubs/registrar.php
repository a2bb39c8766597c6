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
        public $premium = false;
        public $pricing;

        public function setStatus(string $status)
        {
            $this->status = $status;
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

namespace WHMCS\Exception\Module {
    class InvalidConfiguration extends \Exception
    {
    }
}
