//! The payments room behind the public API: its outcomes as statuses.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_payments::pages::Language;
use wharf_payments::{Caller, Intake, IntakeDelivery, IntakeOutcome, Payments, PublicError, Why};

use super::{Delivery, LinkCheck, Public, SignedClaim, Working};
use crate::answer::Trouble;

impl Public for Payments {
    fn link_check(&self, asked: LinkCheck) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            let caller = Caller {
                source: asked.client,
                key: asked.key,
            };
            self.payment_link_check(&asked.fields, &caller, asked.by)
                .await
                .map_err(trouble)
        })
    }

    fn claim(&self, signed: SignedClaim) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            self.signed_claim(&signed.body, &signed.signature, signed.client, signed.by)
                .await
                .map_err(trouble)
        })
    }

    fn rate(&self, store: String, language: Language) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            Payments::rate(self, &store, language)
                .await
                .map_err(trouble)
        })
    }

    fn intake(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move { told(self.take(&as_it_came(&delivery)).await) })
    }

    fn heartbeat(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move { told(Payments::heartbeat(self, &as_it_came(&delivery)).await) })
    }
}

fn as_it_came(delivery: &Delivery) -> IntakeDelivery<'_> {
    IntakeDelivery {
        token: &delivery.token,
        method: &delivery.method,
        query: &delivery.query,
        headers: &delivery.headers,
        body: &delivery.body,
        source: delivery.client,
    }
}

/// Whatever is no success makes the phone deliver again, so each has its reason.
fn told(intake: Intake) -> Result<Value, Trouble> {
    let (status, text) = match intake.outcome {
        // A list of receipts is what one app waits for; to the others it says the same.
        IntakeOutcome::Accepted if !intake.receipts.is_empty() => {
            return Ok(json!({
                "accepted": intake.receipts,
                "messages": intake.messages,
                "created": intake.new,
            }));
        }
        IntakeOutcome::Accepted => {
            return Ok(json!({ "accepted": true, "messages": intake.messages }));
        }
        IntakeOutcome::NotAllowed => (
            StatusCode::FORBIDDEN,
            "this address does not take deliveries signed like that",
        ),
        IntakeOutcome::WrongMethod => (
            StatusCode::METHOD_NOT_ALLOWED,
            "deliver with POST to this address",
        ),
        IntakeOutcome::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "the message is too long, or there are too many of them",
        ),
        IntakeOutcome::Encrypted => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "the message is encrypted; switch encryption off in the app",
        ),
        IntakeOutcome::UnknownForm => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "deliver JSON, a form (application/x-www-form-urlencoded) or plain text, uncompressed",
        ),
        IntakeOutcome::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "not stored; deliver it again later",
        ),
    };
    Err(Trouble::new(status, text))
}

fn trouble(error: PublicError) -> Trouble {
    match error.why {
        Why::NotAllowed => Trouble::new(StatusCode::FORBIDDEN, error.message),
        Why::NotFound => Trouble::new(StatusCode::NOT_FOUND, error.message),
        Why::Repeated => Trouble::new(StatusCode::CONFLICT, error.message),
        Why::Class(class) => Trouble::of_class(class, error.message),
    }
}
