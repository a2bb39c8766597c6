//! The payments room behind the public API: its outcomes as statuses.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_payments::{Caller, IntakeOutcome, Payments, PublicError, Why};

use super::{Delivery, LinkCheck, Public, SignedClaim, Working};
use crate::answer::Trouble;

impl Public for Payments {
    fn link_check(&self, asked: LinkCheck) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            let caller = Caller {
                source: asked.client,
                key: asked.key,
            };
            self.payment_link_check(&asked.fields, &caller)
                .await
                .map_err(trouble)
        })
    }

    fn claim(&self, signed: SignedClaim) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            self.signed_claim(&signed.body, &signed.signature, signed.client)
                .await
                .map_err(trouble)
        })
    }

    fn rate(&self, store: String) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move { Payments::rate(self, &store).await.map_err(trouble) })
    }

    fn intake(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            // Whatever is no success makes the phone deliver again, so each has its reason.
            match self
                .receive(&delivery.token, &delivery.headers, &delivery.body)
                .await
            {
                IntakeOutcome::Accepted => Ok(json!({ "accepted": true })),
                IntakeOutcome::NotAllowed => Err(Trouble::new(
                    StatusCode::FORBIDDEN,
                    "this address does not take deliveries signed like that",
                )),
                IntakeOutcome::TooLarge => Err(Trouble::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "the message is too long",
                )),
                IntakeOutcome::Unavailable => Err(Trouble::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not stored; deliver it again later",
                )),
            }
        })
    }
}

fn trouble(error: PublicError) -> Trouble {
    match error.why {
        Why::NotAllowed => Trouble::new(StatusCode::FORBIDDEN, error.message),
        Why::NotFound => Trouble::new(StatusCode::NOT_FOUND, error.message),
        Why::Repeated => Trouble::new(StatusCode::CONFLICT, error.message),
        Why::Class(class) => Trouble::of_class(class, error.message),
    }
}
