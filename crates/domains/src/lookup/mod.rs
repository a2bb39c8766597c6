//! Whether a name is registered that the registrar does not sell: the registry is asked itself, by RDAP, else by
//! WHOIS. Who answers for which extension stands in `data/tlds/_lookup.toml`.

mod rdap;
mod whois;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{Availability, Checked, HttpClient};

use crate::tlds::TldError;

/// The registries' own services.
#[derive(Debug)]
pub(crate) struct Lookup {
    servers: BTreeMap<String, Servers>,
    http: HttpClient,
}

/// Who answers for an extension.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Servers {
    /// A base address, `https://…/`.
    rdap: Option<String>,
    /// A host, or a host and its port.
    whois: Option<String>,
    /// In lower case: any of these in a WHOIS answer means that the name is free.
    #[serde(default)]
    free: Vec<String>,
}

impl Lookup {
    /// Ours, then those of the operator's folder.
    pub fn load(extra_dir: Option<&Path>, http: HttpClient) -> Result<Self, TldError> {
        let mut servers = read(FILE, SHIPPED)?;
        if let Some(path) = extra_dir
            .map(|dir| dir.join(FILE))
            .filter(|path| path.exists())
        {
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|source| TldError::Folder {
                path: shown.clone(),
                source,
            })?;
            servers.extend(read(&shown, &text)?);
        }
        Ok(Self { servers, http })
    }

    /// Puts what the registries say in the place of "not sold", for as many as answer in time.
    pub async fn fill(&self, checked: &mut [Checked], deadline: Deadline) {
        let asked: Vec<_> = checked
            .iter()
            .enumerate()
            .filter(|(_, checked)| checked.availability == Availability::Unsupported)
            .filter_map(|(at, checked)| {
                Some((at, checked.name.clone(), self.servers(&checked.name)?))
            })
            .collect();
        let answers = asked.into_iter().map(|(at, name, servers)| async move {
            let answer = self.ask(servers, &name);
            let answer = tokio::time::timeout_at(deadline.instant(), answer).await;
            (at, answer.ok().flatten())
        });
        let answers: Vec<_> = stream::iter(answers.collect::<Vec<_>>())
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (at, registered) in answers {
            let Some(checked) = checked.get_mut(at) else {
                continue;
            };
            checked.availability = match registered {
                Some(true) => Availability::Taken,
                Some(false) => Availability::Available,
                None => Availability::Unknown,
            };
        }
    }

    fn servers(&self, name: &DomainName) -> Option<&Servers> {
        let suffixes = name.as_str().match_indices('.');
        suffixes
            .filter_map(|(dot, _)| name.as_str().get(dot + 1..))
            .find_map(|suffix| self.servers.get(suffix))
    }

    /// Whether it is registered; `None`: nobody says.
    async fn ask(&self, servers: &Servers, name: &DomainName) -> Option<bool> {
        if let Some(base) = &servers.rdap {
            // One that hangs must leave time for the other.
            let asked = rdap::is_registered(&self.http, base, name);
            if let Ok(Some(registered)) = tokio::time::timeout(RDAP, asked).await {
                return Some(registered);
            }
        }
        whois::is_registered(servers.whois.as_deref()?, &servers.free, name).await
    }
}

fn read(file: &str, text: &str) -> Result<BTreeMap<String, Servers>, TldError> {
    let wrong = |why: String| TldError::File {
        file: file.to_owned(),
        why,
    };
    let servers: BTreeMap<String, Servers> =
        toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    for (tld, servers) in &servers {
        if servers.rdap.is_none() && servers.whois.is_none() {
            return Err(wrong(format!("[{tld}] names neither rdap nor whois")));
        }
        if servers.whois.is_some() && servers.free.is_empty() {
            return Err(wrong(format!(
                "[{tld}] does not say what a free name looks like: \"free\""
            )));
        }
        let fits = |base: &String| {
            let safe = base.starts_with("https://") || base.starts_with("http://127.0.0.1");
            safe && base.ends_with('/')
        };
        if !servers.rdap.as_ref().is_none_or(fits) {
            return Err(wrong(format!(
                "[{tld}]: \"rdap\" must be an https address with a slash at its end"
            )));
        }
    }
    Ok(servers)
}

const SHIPPED: &str = include_str!("../../../../data/tlds/_lookup.toml");
const FILE: &str = "_lookup.toml";
const AT_ONCE: usize = 16;
const RDAP: Duration = Duration::from_millis(1_200);

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers every connection by what it was asked.
    async fn server(answer: fn(&str) -> String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut asked = vec![0; 4_096];
                    let read = stream.read(&mut asked).await.unwrap_or(0);
                    let asked =
                        String::from_utf8_lossy(asked.get(..read).unwrap_or_default()).into_owned();
                    let _ = stream.write_all(answer(&asked).as_bytes()).await;
                });
            }
        });
        port
    }

    fn rdap_answer(asked: &str) -> String {
        let (status, body) = if asked.starts_with("GET /rdap/domain/taken.") {
            (
                "200 OK",
                r#"{"objectClassName":"domain","ldhName":"taken.ke"}"#,
            )
        } else if asked.starts_with("GET /rdap/domain/free.") {
            ("404 Not Found", "{}")
        } else {
            ("429 Too Many Requests", "{}")
        };
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/rdap+json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    }

    fn whois_answer(asked: &str) -> String {
        match asked.trim() {
            "free.sa" | "busy.ke" => "% hello\r\nNo Match for it\r\n".to_owned(),
            "silent.sa" => String::new(),
            _ => "Domain: taken\r\nStatus: active\r\n".to_owned(),
        }
    }

    #[tokio::test]
    async fn registries_are_asked_themselves() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (rdap, whois) = (server(rdap_answer).await, server(whois_answer).await);
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "[ke]\nrdap = \"http://127.0.0.1:{rdap}/rdap/\"\nwhois = \"127.0.0.1:{whois}\"\nfree = [\"no match\"]\n\
             [sa]\nwhois = \"127.0.0.1:{whois}\"\nfree = [\"no match\"]\n"
        );
        std::fs::write(dir.path().join(FILE), text).unwrap();
        let http = wharf_registrar::http_client(None).unwrap();
        let lookup = Lookup::load(Some(dir.path()), http).unwrap();
        let names = [
            "taken.ke",
            "free.ke",
            "busy.ke",
            "taken.sa",
            "free.sa",
            "silent.sa",
            "any.nowhere",
        ];
        let mut checked: Vec<Checked> = names
            .iter()
            .map(|name| Checked {
                name: DomainName::parse(name).unwrap(),
                availability: Availability::Unsupported,
            })
            .collect();
        lookup
            .fill(&mut checked, Deadline::after(Duration::from_secs(5)))
            .await;
        let found: Vec<String> = checked
            .iter()
            .map(|checked| format!("{} {:?}", checked.name, checked.availability))
            .collect();
        assert_eq!(
            found,
            [
                "taken.ke Taken",
                "free.ke Available",
                "busy.ke Available",
                "taken.sa Taken",
                "free.sa Available",
                "silent.sa Unknown",
                "any.nowhere Unsupported",
            ]
        );
    }

    #[test]
    fn what_a_file_gets_wrong_is_said() {
        let wrong = |text| read("mine.toml", text).unwrap_err().to_string();
        assert!(wrong("[ke]\n").contains("neither rdap nor whois"));
        assert!(wrong("[ke]\nwhois = \"w\"\n").contains("\"free\""));
        assert!(wrong("[ke]\nrdap = \"https://x\"\n").contains("slash"));
        assert!(wrong("[ke]\nrdap = \"http://x/\"\n").contains("https"));
        assert!(wrong("[ke]\nwohis = \"w\"\n").contains("mine.toml"));
    }
}
