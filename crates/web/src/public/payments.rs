//! The payments room behind the public API: its outcomes as statuses.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_core::ErrorClass;
use wharf_payments::{IntakeOutcome, Payments, PublicError};

use super::{Delivery, LinkCheck, Public, Working};
use crate::answer::Trouble;

impl Public for Payments {
    fn link_check(&self, asked: LinkCheck) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            self.payment_link_check(&asked.fields, asked.client)
                .await
                .map_err(trouble)
        })
    }

    fn rate(&self, store: String) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            Payments::rate(self, &store)
                .await
                .map_err(|error| match error.class {
                    ErrorClass::Refused => Trouble::new(StatusCode::NOT_FOUND, error.message),
                    _ => trouble(error),
                })
        })
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
    Trouble::of_class(error.class, error.message)
}
