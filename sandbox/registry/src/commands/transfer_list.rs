//! QueryTransferList and QueryForeignTransferList: what runs now, in and out.

use super::paging::{Page, glob};
use super::{Call, date};
use crate::answer::Outcome;
use crate::commands::transfer_domain::HERE;
use crate::dates;
use crate::state::{Direction, Transfer};

pub const ATTRIBUTES: &[&str] = &[
    "DOMAIN",
    "USERDEPTH",
    "FIRST",
    "LIMIT",
    "NOTOTAL",
    "ORDERBY",
    "MINCREATEDDATE",
    "MAXCREATEDDATE",
];

pub fn incoming(call: &mut Call<'_>) -> Outcome {
    list(call, Direction::Incoming)
}

pub fn outgoing(call: &mut Call<'_>) -> Outcome {
    list(call, Direction::Outgoing)
}

fn list(call: &mut Call<'_>, direction: Direction) -> Outcome {
    let page = Page::asked(call.command)?;
    let accounts = call.accounts_seen()?;
    let pattern = call
        .command
        .filled("DOMAIN")
        .unwrap_or("*")
        .to_ascii_lowercase();
    let (min, max) = (
        date(call.command, "MINCREATEDDATE")?,
        date(call.command, "MAXCREATEDDATE")?,
    );
    let fits = |transfer: &&Transfer| {
        transfer.is_running()
            && transfer.direction == direction
            && accounts.contains(&transfer.account)
            && glob(&pattern, &transfer.name)
            && min.is_none_or(|min| transfer.created >= min)
            && max.is_none_or(|max| transfer.created <= max)
    };
    let found: Vec<&Transfer> = call.state.transfers.values().filter(fits).collect();
    let rows = page.of(&found);
    let column = |cell: fn(&Transfer) -> String| rows.iter().map(move |transfer| cell(transfer));
    let answer = page
        .head(found.len(), rows.len())
        .with_all("DOMAIN", column(|transfer| transfer.name.clone()))
        .with_all(
            "DOMAINUMLAUT",
            column(|transfer| idna::domain_to_unicode(&transfer.name).0),
        )
        .with_all(
            "CREATEDDATE",
            column(|transfer| dates::text(transfer.created)),
        )
        .with_all("USER", column(|transfer| transfer.account.clone()))
        .with_all("PARENTUSER", column(|_| String::new()))
        .with_all("PEERUSER", column(|_| String::new()));
    Ok(match direction {
        Direction::Outgoing => answer
            .with_all(
                "STATUS",
                column(|transfer| transfer.state.text().to_owned()),
            )
            .with_all("NEWREGISTRAR", column(|transfer| transfer.peer.clone()))
            .with_all("OLDREGISTRAR", column(|_| HERE.to_owned())),
        _ => answer,
    })
}
