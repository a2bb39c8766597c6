<?php

/**
 * A daemon that answers what a test tells it to, on a real Unix socket in a process of its own, and remembers what
 * it was asked.
 */
final class FakeDaemon
{
    /** @var string */
    public $socket;
    private $folder;
    private $process;

    /** @param string $raw the HTTP response; empty: the connection is dropped without one */
    public function __construct(string $raw)
    {
        $this->folder = sys_get_temp_dir() . '/wharf-' . bin2hex(random_bytes(6));
        mkdir($this->folder, 0700);
        $this->socket = $this->folder . '/wharf.sock';
        file_put_contents($this->folder . '/answer', $raw);
        $this->process = proc_open([PHP_BINARY, '-r', self::SERVER, $this->folder], [], $pipes);
        $deadline = microtime(true) + 5;
        while (!file_exists($this->folder . '/ready') && microtime(true) < $deadline) {
            usleep(2000);
        }
    }

    public static function answering(array $answer, int $status = 200): self
    {
        $body = json_encode($answer);
        return new self("HTTP/1.1 $status X\r\nContent-Type: application/json\r\nContent-Length: " . strlen($body) . "\r\n\r\n" . $body);
    }

    /** @return array{head: string, body: array} */
    public function asked(): array
    {
        [$head, $body] = explode("\r\n\r\n", file_get_contents($this->folder . '/request'), 2);
        return ['head' => $head, 'body' => json_decode($body, true)];
    }

    public function stop(): void
    {
        if ($this->process !== null) {
            proc_terminate($this->process);
            proc_close($this->process);
            $this->process = null;
            array_map('unlink', glob($this->folder . '/*'));
            rmdir($this->folder);
        }
    }

    private const SERVER = <<<'PHP'
        $folder = $argv[1];
        $server = stream_socket_server('unix://' . $folder . '/wharf.sock');
        touch($folder . '/ready');
        while ($client = stream_socket_accept($server, 30)) {
            $text = '';
            while (!preg_match('/content-length: (\d+).*?\r\n\r\n(.*)$/si', $text, $found) || strlen($found[2]) < (int) $found[1]) {
                $more = fread($client, 65536);
                if ($more === '' || $more === false) {
                    break;
                }
                $text .= $more;
            }
            file_put_contents($folder . '/request', $text);
            fwrite($client, file_get_contents($folder . '/answer'));
            fclose($client);
        }
        PHP;
}
