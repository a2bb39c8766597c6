//! Orange Cash, Egypt: receipts name the payer, never the payer's number.

use super::{Event, Facts, arabic_digits, plain};

pub(super) fn write(event: Event, facts: &Facts<'_>) -> Option<String> {
    let (amount, balance) = (plain(facts.amount), plain(facts.balance));
    let Facts {
        peer,
        peer_name,
        operation,
        ..
    } = facts;
    Some(match event {
        Event::Received if facts.text == "old" => arabic_digits(&format!(
            "تم إستلام عملية تحويل أموال بمبلغ {amount} جنيه من {peer_name}. رقم المعاملة {operation}"
        )),
        Event::Received if facts.text == "en" => {
            format!(
                "Successful cash-in with amount EGP {amount}. Your current balance is EGP {balance}"
            )
        }
        Event::Received => format!(
            "تم إستلام عملية تحويل أموال بمبلغ {amount} جنيه من {peer_name}، رصيدك الحالي {balance} جنيه. رقم المعاملة {operation}"
        ),
        Event::Sent => format!(
            "عملية تحويل أموال ناجحة بمبلغ {amount} جنيه لرقم {peer}، رسوم التحويل {} جنيه، رصيدك الحالي {balance} جنيه. رقم المعاملة {operation}",
            plain(facts.fee),
        ),
        Event::Withdrawn => format!(
            "عملية سحب ناجحة بمبلغ {amount} جنيه، رصيدك الحالي {balance} جنيه. رقم المعاملة {operation}"
        ),
        Event::Enquiry => format!("رصيدك الحالي {balance} جنيه"),
        Event::Code => "كود اورنچ كاش الخاص بك 339182".to_owned(),
        Event::Advert => "حول بأورنچ كاش واكسب 10% كاش باك على كل تحويل".to_owned(),
        Event::Prize => format!("مبروك كسبت {amount} جنيه من اورنچ كاش"),
        Event::Reversal => format!(
            "تم استرداد مبلغ {amount} جنيه من محفظتك بناء على شكوى المرسل. رصيدك الحالي {balance} جنيه. رقم المعاملة الأصلية {}",
            facts.original,
        ),
        _ => return None,
    })
}
