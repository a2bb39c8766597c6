//! What is said over FastCGI: CGI variables in, headers and body out.

use std::collections::BTreeMap;
use std::path::Path;

use fastcgi_client::{Params, Response};
use serde_json::Value;

use super::call::{PhpAnswer, Session};
use super::error::PhpError;
use super::fpm::Fpm;
use super::script::{ScriptRequest, ScriptResponse};

/// Runs the runner script, which answers with JSON behind a mark that no module can foresee.
pub(super) async fn runner(
    fpm: &Fpm,
    request: &Value,
    page: &str,
    session: &Session,
) -> Result<PhpAnswer, PhpError> {
    let mut mark = [0_u8; 12];
    getrandom::fill(&mut mark).map_err(|error| PhpError::Garbled(error.to_string()))?;
    let mark = hex::encode(mark);
    let body = serde_json::to_vec(request).map_err(|error| PhpError::Garbled(error.to_string()))?;
    let page = if page.is_empty() { "index.php" } else { page };
    let params = common(fpm, &fpm.root().join("runtime/runner.php"), page, session)
        .request_method("GET")
        .query_string("")
        .remote_addr("127.0.0.1")
        .content_type("application/json")
        .content_length(body.len())
        .custom("HOST_MARK", mark.clone());
    let response = fpm.exchange(params, &body).await?;
    let log = text(response.stderr.as_deref());
    if !log.is_empty() {
        tracing::debug!(target: "sandbox_host::php", %log, "php said");
    }
    let (_, headers, body) = parse(&response);
    let body = String::from_utf8_lossy(body);
    // What a module printed past all output buffers stands before the mark.
    let (stray, json) = body.rsplit_once(&mark).ok_or_else(|| {
        PhpError::Garbled(
            format!("{} {}", log.trim(), body.trim())
                .trim()
                .chars()
                .take(2000)
                .collect(),
        )
    })?;
    let mut answer: PhpAnswer =
        serde_json::from_str(json).map_err(|error| PhpError::Garbled(error.to_string()))?;
    answer.output.insert_str(0, stray);
    answer.headers = headers;
    Ok(answer)
}

pub(super) async fn script(
    fpm: &Fpm,
    file: &Path,
    request: ScriptRequest,
) -> Result<ScriptResponse, PhpError> {
    let page = request.script.trim_start_matches('/');
    let mut params = common(fpm, file, page, &request.session)
        .request_method(request.method.to_ascii_uppercase())
        .content_length(request.body.len())
        .remote_addr(request.remote_addr.clone());
    if !request.query.is_empty() {
        params = params.request_uri(format!("/{page}?{}", request.query));
    }
    params = params.query_string(request.query.clone());
    for (name, value) in cgi_headers(&request.headers) {
        params = params.custom(name, value);
    }
    let response = fpm.exchange(params, &request.body).await?;
    let (status, headers, body) = parse(&response);
    Ok(ScriptResponse {
        status,
        headers,
        body: body.to_vec(),
        log: text(response.stderr.as_deref()),
    })
}

fn common<'a>(fpm: &Fpm, file: &Path, page: &str, session: &Session) -> Params<'a> {
    let options = fpm.options();
    let (scheme, rest) = options
        .system_url
        .split_once("://")
        .unwrap_or(("http", &options.system_url));
    let host = rest.split('/').next().unwrap_or_default().to_owned();
    let (name, port) = host
        .rsplit_once(':')
        .unwrap_or((&host, if scheme == "https" { "443" } else { "80" }));
    let (name, port) = (name.to_owned(), port.to_owned());
    let session = serde_json::to_string(session).unwrap_or_default();
    let mut params = Params::default()
        .gateway_interface("CGI/1.1")
        .server_software("wharf-host")
        .server_protocol("HTTP/1.1")
        .script_filename(file.to_string_lossy().into_owned())
        .script_name(format!("/{page}"))
        .request_uri(format!("/{page}"))
        .document_uri(format!("/{page}"))
        .document_root(options.root.to_string_lossy().into_owned())
        .server_name(name)
        .custom("SERVER_PORT", port)
        .custom("REDIRECT_STATUS", "200")
        .custom("HTTP_HOST", host)
        .custom("HOST_SESSION", session)
        .custom("HOST_CLOCK", options.clock.ahead_ms().to_string());
    if scheme == "https" {
        params = params.custom("HTTPS", "on");
    }
    params
}

/// Visitor's headers as CGI variables. Only `HTTP_…` and the content type can come of them; names that could be mistaken
/// for others (underscores, `Proxy`, `Host`) are dropped.
fn cgi_headers(headers: &[(String, String)]) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let name = name.to_ascii_uppercase();
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !plain
            || name.is_empty()
            || ["PROXY", "HOST", "CONTENT-LENGTH", "TRANSFER-ENCODING"].contains(&&*name)
        {
            continue;
        }
        let separator = if name == "COOKIE" { "; " } else { ", " };
        let variable = match &*name {
            "CONTENT-TYPE" => "CONTENT_TYPE".to_owned(),
            _ => format!("HTTP_{}", name.replace('-', "_")),
        };
        variables
            .entry(variable)
            .and_modify(|held| {
                held.push_str(separator);
                held.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    variables
}

/// Splits a CGI answer into status, headers and body.
fn parse(response: &Response) -> (u16, Vec<(String, String)>, &[u8]) {
    let bytes = response.stdout.as_deref().unwrap_or_default();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = end
        .and_then(|at| bytes.split_at_checked(at))
        .unwrap_or((&[], bytes));
    let body = if end.is_some() {
        body.get(4..).unwrap_or_default()
    } else {
        body
    };
    let mut status = 200;
    let mut headers = Vec::new();
    for line in String::from_utf8_lossy(head).lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            status = value
                .split(' ')
                .next()
                .and_then(|code| code.parse().ok())
                .unwrap_or(500);
        } else {
            headers.push((name.trim().to_owned(), value.to_owned()));
        }
    }
    if status == 200
        && headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("location"))
    {
        status = 302;
    }
    (status, headers, body)
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_headers_become_http_variables_only() {
        let headers = [
            ("Cookie", "a=1"),
            ("cookie", "b=2"),
            ("Content-Type", "text/plain"),
            ("Host_Session", "{\"uid\":1}"),
            ("HOST-SESSION", "{\"uid\":1}"),
            ("PHP-VALUE", "auto_prepend_file=/etc/passwd"),
            ("Proxy", "http://evil"),
            ("Content-Length", "99"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = cgi_headers(&headers);
        insta::assert_json_snapshot!(variables, @r#"
        {
          "CONTENT_TYPE": "text/plain",
          "HTTP_COOKIE": "a=1; b=2",
          "HTTP_HOST_SESSION": "{\"uid\":1}",
          "HTTP_PHP_VALUE": "auto_prepend_file=/etc/passwd"
        }
        "#);
    }

    #[test]
    fn a_cgi_answer_has_a_status_headers_and_a_body() {
        let mut response = Response::default();
        response.stdout =
            Some(b"Status: 404 Not Found\r\nX-A: b:c\r\n\r\nbody\r\n\r\nmore".to_vec());
        let (status, headers, body) = parse(&response);
        assert_eq!((status, body), (404, &b"body\r\n\r\nmore"[..]));
        assert_eq!(headers, [("X-A".to_owned(), "b:c".to_owned())]);
    }
}
