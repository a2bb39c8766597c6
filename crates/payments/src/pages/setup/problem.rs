//! What is wrong with a set-up, in the reader's language.

use crate::pages::Words;
use crate::setup::SetupError;

/// `Err`: not the person's mistake, but the database's.
pub(super) fn in_words(words: Words, error: SetupError) -> Result<String, wharf_store::StoreError> {
    let fill = |name: &str, parts: &[(&str, &str)]| Ok(words.fill(name, parts));
    match &error {
        SetupError::Store(_) => match error {
            SetupError::Store(error) => Err(error),
            _ => Ok(String::new()),
        },
        SetupError::Id { id, .. } if id.is_empty() => fill("bad_no_id", &[]),
        SetupError::Id { id, .. } => fill("bad_id", &[("text", id)]),
        SetupError::Currency(code) => fill("not_a_currency", &[("text", code)]),
        SetupError::Rate(_) => fill("bad_rate", &[]),
        SetupError::OwnRate(currency) => fill("bad_own_rate", &[("currency", currency.as_str())]),
        SetupError::Range { name, from, to } => fill(
            "bad_range",
            &[
                ("field", &words.of("set", name)),
                ("from", &from.to_string()),
                ("to", &to.to_string()),
            ],
        ),
        SetupError::Amount {
            name: "balance",
            text,
        } => fill("bad_balance", &[("text", text)]),
        SetupError::Amount { name, text } => fill(
            "bad_amount",
            &[("field", &words.of("set", name)), ("text", text)],
        ),
        SetupError::Operator { name, .. } => fill("bad_operator", &[("text", name)]),
        SetupError::Place {
            country,
            currency,
            place,
            ..
        } => fill(
            "bad_place",
            &[
                ("country", country.code()),
                ("currency", currency.as_str()),
                ("store_country", place.country.code()),
                ("store_currency", place.currency.as_str()),
            ],
        ),
        SetupError::NoOperator(place) => fill(
            "bad_no_operator",
            &[
                ("country", &words.of("country", place.country.code())),
                ("currency", place.currency.as_str()),
            ],
        ),
        SetupError::Moved(_) => fill("bad_moved", &[]),
        SetupError::OtherStoresWallet { wallet, store, .. } => fill(
            "bad_other_wallet",
            &[("wallet", wallet.as_str()), ("store", store.as_str())],
        ),
        SetupError::Twin { other, .. } => fill("bad_twin", &[("other", other)]),
        SetupError::WalletMoved(_) => fill("bad_wallet_moved", &[]),
        SetupError::OtherSite(_) => fill("bad_other_site", &[]),
        SetupError::Number { .. } => fill("bad_number", &[]),
        SetupError::NoKey { shortest, .. } => {
            fill("bad_no_key", &[("shortest", &shortest.to_string())])
        }
        SetupError::ClaimKey(_) => fill("bad_claim_key", &[]),
        SetupError::CheckKey => fill("bad_check_key", &[]),
        SetupError::HiddenSign(_) => fill("bad_hidden_sign", &[]),
        SetupError::Name(_) => fill("bad_name", &[]),
        SetupError::UselessKey(_) => fill("bad_useless_key", &[]),
        SetupError::Sim(_) | SetupError::StrangeSim { .. } => fill("bad_sim", &[]),
        SetupError::Source(_) => fill("bad_source", &[("text", "")]),
        SetupError::CheckSource(source) => fill("bad_source", &[("text", source)]),
        SetupError::NoHoldAmount => fill("bad_hold_above", &[]),
        SetupError::NoWallet(_) => fill("bad_no_wallet", &[]),
        SetupError::Gateway => fill("bad_gateway", &[]),
        SetupError::Taken { id, .. } => fill("there_already", &[("text", id)]),
        SetupError::Unknown { id, .. } => fill("bad_unknown", &[("text", id)]),
        // What only a document can get wrong.
        SetupError::Country(_)
        | SetupError::Format { .. }
        | SetupError::Token(_)
        | SetupError::SharedToken { .. } => Ok(error.to_string()),
    }
}
