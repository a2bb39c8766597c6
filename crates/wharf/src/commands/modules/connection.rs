//! `connection.php`: where the daemon is, and the token of this WHMCS.

use std::path::Path;

use wharf_core::Secret;

use crate::config::Config;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

pub async fn connection(config: &Config, site: &str) -> Result<String, Trouble> {
    let rooms = Rooms::open(config).await?;
    let trouble =
        |error: wharf_store::StoreError| Trouble::failed("the site cannot be read").because(error);
    let Some(token) = rooms.sites.token(site).await.map_err(trouble)? else {
        let known: Vec<String> = rooms
            .sites
            .list()
            .await
            .map_err(trouble)?
            .into_iter()
            .map(String::from)
            .collect();
        let known = if known.is_empty() {
            "there is none yet".to_owned()
        } else {
            format!("known are: {}", known.join(", "))
        };
        return Err(
            Trouble::misuse(format!("there is no site \"{site}\" ({known})"))
                .mend("set the site up first: wharf apply setup.toml"),
        );
    };
    let url = config
        .module_listen
        .map(|address| format!("http://{address}"))
        .unwrap_or_default();
    Ok(connection_php(&config.socket, &url, &token))
}

fn connection_php(socket: &Path, url: &str, token: &Secret) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    format!(
        "<?php\n\n// Written by \"wharf modules install\". It holds this WHMCS's token: keep it from other users.\n\
         return [\n    'socket' => {},\n    'url' => {},\n    'token' => {},\n];\n",
        quoted(&socket.display().to_string()),
        quoted(url),
        quoted(token.expose()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out_of_the_connection_file() {
        insta::assert_snapshot!(
            connection_php(Path::new("/run/it's/wharf.sock"), "", &Secret::new(r"a\'b")),
            @r#"
            <?php

            // Written by "wharf modules install". It holds this WHMCS's token: keep it from other users.
            return [
                'socket' => '/run/it\'s/wharf.sock',
                'url' => '',
                'token' => 'a\\\'b',
            ];
            "#
        );
    }
}
