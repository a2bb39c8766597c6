<?php

namespace WHMCS\View\Menu;

/** One entry of a menu or sidebar with its children. */
class Item implements \IteratorAggregate, \Countable, \ArrayAccess
{
    private const FIELDS = ['label', 'uri', 'icon', 'order', 'badge', 'class', 'bodyHtml', 'footerHtml', 'headingHtml'];

    protected $name;
    protected $fields = [];
    protected $attributes = [];
    protected $extras = [];
    protected $display = true;
    protected $parent;

    /** @var array<string, Item> */
    protected $children = [];

    public function __construct($name, array $options = [])
    {
        $this->name = (string) $name;
        $this->fields['label'] = (string) $name;
        $this->apply($options);
    }

    public static function fromTree(array $tree)
    {
        $item = new static($tree['name'] ?? 'root', $tree);
        foreach ($tree['children'] ?? [] as $child) {
            $item->adopt(static::fromTree((array) $child));
        }
        return $item;
    }

    public function toTree()
    {
        return ['name' => $this->name] + array_intersect_key($this->fields, array_flip(self::FIELDS)) + [
            'attributes' => $this->attributes,
            'display' => $this->display,
            'children' => array_map(static fn (Item $child) => $child->toTree(), array_values($this->getChildren())),
        ];
    }

    public function getName()
    {
        return $this->name;
    }

    public function getId()
    {
        return str_replace(' ', '_', $this->name);
    }

    public function addChild($child, array $options = [])
    {
        return $this->adopt($child instanceof self ? $child : new static($child, $options));
    }

    public function getChild($name)
    {
        return $this->children[(string) $name] ?? null;
    }

    public function removeChild($name)
    {
        unset($this->children[$name instanceof self ? $name->getName() : (string) $name]);
        return $this;
    }

    /** Sorted by order, then as they came. */
    public function getChildren()
    {
        $children = $this->children;
        uasort($children, static fn (Item $a, Item $b) => $a->getOrder() <=> $b->getOrder());
        return $children;
    }

    public function setChildren(array $children)
    {
        $this->children = [];
        foreach ($children as $child) {
            $this->adopt($child);
        }
        return $this;
    }

    public function hasChildren()
    {
        return $this->children !== [];
    }

    public function getParent()
    {
        return $this->parent;
    }

    public function getOrder()
    {
        return (int) ($this->fields['order'] ?? 0);
    }

    public function moveUp()
    {
        return $this->set('order', $this->getOrder() - 15);
    }

    public function moveDown()
    {
        return $this->set('order', $this->getOrder() + 15);
    }

    public function moveToFront()
    {
        return $this->set('order', PHP_INT_MIN);
    }

    public function moveToBack()
    {
        return $this->set('order', PHP_INT_MAX);
    }

    public function setAttribute($name, $value)
    {
        $this->attributes[$name] = $value;
        return $this;
    }

    public function getAttribute($name, $default = null)
    {
        return $this->attributes[$name] ?? $default;
    }

    public function setAttributes(array $attributes)
    {
        $this->attributes = $attributes;
        return $this;
    }

    public function getAttributes()
    {
        return $this->attributes;
    }

    public function setExtra($name, $value)
    {
        $this->extras[$name] = $value;
        return $this;
    }

    public function getExtra($name, $default = null)
    {
        return $this->extras[$name] ?? $default;
    }

    public function setDisplay($display)
    {
        $this->display = (bool) $display;
        return $this;
    }

    public function isDisplayed()
    {
        return $this->display;
    }

    public function setCurrent($current)
    {
        return $this->setAttribute('current', (bool) $current);
    }

    public function disable()
    {
        return $this->setAttribute('disabled', true);
    }

    public function enable()
    {
        return $this->setAttribute('disabled', false);
    }

    public function getIterator(): \Traversable
    {
        return new \ArrayIterator($this->getChildren());
    }

    public function count(): int
    {
        return count($this->children);
    }

    public function offsetExists($offset): bool
    {
        return isset($this->children[$offset]);
    }

    #[\ReturnTypeWillChange]
    public function offsetGet($offset)
    {
        return $this->getChild($offset);
    }

    public function offsetSet($offset, $value): void
    {
        $this->addChild($offset)->setLabel($value);
    }

    public function offsetUnset($offset): void
    {
        $this->removeChild($offset);
    }

    /** `setLabel`, `getUri`, `hasBadge` and so on for each of the plain fields. */
    public function __call($method, $arguments)
    {
        $verb = substr($method, 0, 3);
        $field = lcfirst(substr($method, 3));
        if (!in_array($field, self::FIELDS, true)) {
            throw new \BadMethodCallException("A menu item has no method $method");
        }
        if ($verb === 'set') {
            return $this->set($field, $arguments[0] ?? null);
        }
        return $verb === 'has' ? !empty($this->fields[$field]) : ($this->fields[$field] ?? null);
    }

    private function set($field, $value)
    {
        $this->fields[$field] = $value;
        return $this;
    }

    private function adopt(Item $child)
    {
        $child->parent = $this;
        return $this->children[$child->getName()] = $child;
    }

    private function apply(array $options)
    {
        foreach ($options as $name => $value) {
            if (in_array($name, self::FIELDS, true)) {
                $this->fields[$name] = $value;
            } elseif ($name === 'attributes') {
                $this->attributes = (array) $value;
            }
        }
    }
}
