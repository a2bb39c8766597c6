//! What the gateway module asks: the payment box of an invoice, and its form's way back.

mod callback;
mod fragment;
mod link;
mod payment_box;
mod qr;
mod standing;
mod token;

use serde_json::json;
use wharf_whmcs::call::{Answering, CallError, ModuleAnswer, ModuleCall, ModuleHandler};

pub(crate) use standing::is_unfound;

use crate::Payments;

impl ModuleHandler for Payments {
    fn call(&self, call: ModuleCall) -> Answering<'_> {
        Box::pin(async move {
            match call.function.to_ascii_lowercase().as_str() {
                "link" => Ok(ModuleAnswer::new(json!({ "html": self.link(&call).await }))),
                "callback" => Ok(ModuleAnswer::new(self.callback(&call).await)),
                _ => Err(CallError::UnknownFunction(call.function.clone())),
            }
        })
    }
}
