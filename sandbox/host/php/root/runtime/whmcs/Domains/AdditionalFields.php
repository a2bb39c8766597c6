<?php

namespace WHMCS\Domains;

/** The extra fields of a zone, from resources/domains. */
class AdditionalFields
{
    private $domain = '';
    private $values = [];

    public function setDomain($domain)
    {
        $this->domain = (string) $domain;
        return $this;
    }

    public function setTLD($topLevel)
    {
        $this->domain = 'x.' . ltrim((string) $topLevel, '.');
        return $this;
    }

    public function setDomainType($type)
    {
        return $this;
    }

    public function setFieldValues($values)
    {
        $this->values = (array) $values;
        return $this;
    }

    public function getFields()
    {
        $additionaldomainfields = [];
        foreach (['dist.additionalfields.php', 'additionalfields.php'] as $name) {
            $file = ROOTDIR . '/resources/domains/' . $name;
            if (is_file($file)) {
                include $file;
            }
        }
        $topLevel = (new Domain($this->domain))->getDotTopLevel();
        $fields = [];
        foreach ($additionaldomainfields[$topLevel] ?? [] as $field) {
            if (empty($field['Remove'])) {
                $fields[$field['Name']] = $field;
            } else {
                unset($fields[$field['Name']]);
            }
        }
        return array_values($fields);
    }

    public function getFieldValue($name)
    {
        return $this->values[$name] ?? null;
    }

    public function getMissingRequiredFields()
    {
        return array_column(array_filter(
            $this->getFields(),
            fn ($field) => !empty($field['Required']) && (string) ($this->values[$field['Name']] ?? '') === ''
        ), 'Name');
    }
}
