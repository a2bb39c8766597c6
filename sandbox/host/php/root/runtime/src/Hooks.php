<?php

declare(strict_types=1);

namespace SandboxHost;

/** The registered hooks of this request. */
final class Hooks
{
    /** @var array<string, list<array{priority: int, order: int, call: callable}>> */
    private static array $points = [];
    private static int $order = 0;
    private static bool $loaded = false;

    public static function add(string $point, int $priority, mixed $call): void
    {
        if (!is_callable($call)) {
            // Functions are often defined below the registration, so look again when the hook runs.
            $name = $call;
            $call = static fn (...$args) => is_callable($name) ? $name(...$args) : null;
        }
        self::$points[$point][] = ['priority' => $priority, 'order' => self::$order++, 'call' => $call];
    }

    /** @return list<callable> in the order in which they run */
    public static function at(string $point): array
    {
        $hooks = self::$points[$point] ?? [];
        usort($hooks, static fn (array $a, array $b): int => [$a['priority'], $a['order']] <=> [$b['priority'], $b['order']]);
        return array_column($hooks, 'call');
    }

    public static function clear(string $point): void
    {
        unset(self::$points[$point]);
    }

    /**
     * Runs all hooks of a point. One that throws is reported and does not keep the others from running.
     *
     * @param list<mixed> $arguments
     * @return list<mixed> what they returned, nothing left out but null
     */
    public static function run(string $point, array $arguments): array
    {
        $results = [];
        foreach (self::at($point) as $hook) {
            try {
                $result = $hook(...$arguments);
            } catch (\WHMCS\Exception\Notification\AbortNotification $stop) {
                throw $stop;
            } catch (\Throwable $error) {
                logActivity(sprintf(
                    'Hook %s failed: %s (%s:%d)',
                    $point,
                    Answer::explain($error->getMessage()),
                    basename($error->getFile()),
                    $error->getLine()
                ));
                continue;
            }
            if ($result !== null) {
                $results[] = $result;
            }
        }
        return $results;
    }

    /** Loads the site's hook files and those of active modules, once. */
    public static function loadAll(): void
    {
        if (self::$loaded) {
            return;
        }
        self::$loaded = true;
        foreach (self::files() as $file) {
            try {
                (static function (string $file): void {
                    require_once $file;
                })($file);
            } catch (\Throwable $error) {
                logActivity('Hook file ' . substr($file, strlen(Host::$root) + 1) . ' failed: '
                    . Answer::explain($error->getMessage()) . ' (line ' . $error->getLine() . ')');
            }
        }
    }

    /** @return list<string> */
    private static function files(): array
    {
        $files = array_filter(
            glob(Host::$root . '/includes/hooks/*.php') ?: [],
            static fn (string $file): bool => basename($file)[0] !== '_'
        );
        // Asking the database who is active is only worth it when some module has hooks at all.
        $candidates = glob(Host::$root . '/modules/*/*/hooks.php') ?: [];
        if ($candidates !== []) {
            $active = ActiveModules::keys();
            foreach ($candidates as $file) {
                $folder = dirname($file);
                if (isset($active[basename(dirname($folder)) . '/' . strtolower(basename($folder))])) {
                    $files[] = $file;
                }
            }
        }
        return array_values($files);
    }
}
