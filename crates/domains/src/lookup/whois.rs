//! WHOIS (RFC 3912): the name in a line, text until the connection ends.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wharf_core::DomainName;

/// `None`: the server gives no answer. `server` is a host, or a host and its port.
pub(super) async fn is_registered(
    server: &str,
    free: &[String],
    name: &DomainName,
) -> Option<bool> {
    let address = if server.contains(':') {
        server.to_owned()
    } else {
        format!("{server}:{PORT}")
    };
    let mut stream = TcpStream::connect(address).await.ok()?;
    let line = format!("{name}\r\n");
    stream.write_all(line.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await.ok()?;
    verdict(&String::from_utf8_lossy(&answer), free)
}

/// What is said of the name stands in lines; blanks between words are as the server likes.
fn verdict(answer: &str, free: &[String]) -> Option<bool> {
    let words = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = words.to_lowercase();
    if text.is_empty() || REFUSALS.iter().any(|refusal| text.contains(refusal)) {
        return None;
    }
    Some(!free.iter().any(|words| text.contains(words.as_str())))
}

const PORT: u16 = 43;
const LONGEST: u64 = 64 * 1_024;
/// A server that has had enough of us says nothing about the name.
const REFUSALS: &[&str] = &[
    "limit exceeded",
    "too many requests",
    "quota exceeded",
    "try again later",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whatever_its_blanks() {
        let free = ["status: available".to_owned()];
        assert_eq!(
            verdict("Domain: x.it\nStatus:             AVAILABLE\n", &free),
            Some(false)
        );
        assert_eq!(verdict("Domain: x.it\nStatus: ok\n", &free), Some(true));
        assert_eq!(
            verdict("Query limit exceeded, status: available", &free),
            None
        );
        assert_eq!(verdict("  \r\n", &free), None);
    }
}
