//! What the operator writes to the store's phone, and how the phone forwards it.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::json;

use crate::rules::pounds;

/// Something that happened to a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Received,
    /// Paid out by the store, for a fee of a pound.
    Sent,
    Enquiry,
}

/// What really happened, or what somebody made up.
#[derive(Clone, Debug)]
pub struct Sent {
    pub kind: Kind,
    pub store: &'static str,
    pub wallet: &'static str,
    pub sim: &'static str,
    pub number: &'static str,
    pub id: String,
    pub phone: &'static str,
    pub piastres: i64,
    pub balance: i64,
    pub at: i64,
    pub deliveries: u32,
    pub forged: bool,
}

impl Sent {
    pub fn text(&self) -> String {
        let (amount, balance) = (pounds(self.piastres), pounds(self.balance));
        let at = cairo(self.at).strftime("%H:%M %y-%m-%d").to_string();
        let Self {
            phone, number, id, ..
        } = self;
        match self.kind {
            Kind::Received => format!(
                "تم استلام مبلغ {amount} جنيه من {phone}؛\nالمسجل بإسم منى ع*** السيد\nعلى رقم محفظتك {number} بتاريخ {at}.\nرصيدك الحالي: {balance} جنيه\nرقم العملية: {id}"
            ),
            Kind::Sent => format!(
                "تم تحويل {amount} جنيه لرقم 01155555555 المسجل بإسم سالم؛ مصاريف الخدمة 1 جنيه رصيد حسابك فى فودافون كاش الحالي {balance}. تاريخ العملية: {at} رقم العملية: {id}"
            ),
            Kind::Enquiry => format!(
                "رصيد حسابك فى فودافون كاش الحالي{balance} جنيه؛ تاريخ العملية {at} رقم العملية{id}"
            ),
        }
    }

    pub fn is_money(&self) -> bool {
        self.kind == Kind::Received && !self.forged
    }
}

/// The operator has taken money back.
pub fn reversal(of: &Sent) -> String {
    format!(
        "تم استرداد مبلغ {} جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: {}",
        pounds(of.piastres),
        of.id
    )
}

/// As the forwarder app posts it; `at` is when the phone believes to have received it.
pub fn webhook(text: &str, sim: &str, at: i64, delivery: u64) -> String {
    let sim: u8 = sim.parse().unwrap();
    json!({
        "deviceId": "d1", "event": "sms:received", "id": format!("delivery-{delivery}"), "webhookId": "w1",
        "payload": { "messageId": "c0ffee", "message": text, "sender": "VF-Cash", "phoneNumber": "VF-Cash",
            "simNumber": sim, "receivedAt": cairo(at).strftime("%Y-%m-%dT%H:%M:%S+03:00").to_string() },
    })
    .to_string()
}

fn cairo(ms: i64) -> jiff::Zoned {
    let summer = TimeZone::fixed(Offset::constant(3));
    Timestamp::from_millisecond(ms).unwrap().to_zoned(summer)
}
