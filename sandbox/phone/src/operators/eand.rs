//! e& money, Egypt: no operation number and no date in its texts.

use super::{Event, Facts, plain};

pub(super) fn write(event: Event, facts: &Facts<'_>) -> Option<String> {
    let (amount, balance) = (plain(facts.amount), plain(facts.balance));
    let Facts {
        peer, peer_name, ..
    } = facts;
    Some(match event {
        Event::Received if facts.text == "deposit" => {
            format!(
                "تم إيداع مبلغ {amount}  في حسابك بنجاح من رقم حساب 002{peer} المسجل باسم {peer_name}"
            )
        }
        Event::Received => format!(
            "تم إستلام مبلغ {amount} ج.م من رقم {peer} المسجل باسم{peer_name} بنجاح. رصيد محفظتك الحالى {balance} ج.م."
        ),
        Event::Sent => format!(
            "تم تحويل مبلغ {amount} ج.م الى رقم {peer} بنجاح. رسوم التحويل {} ج.م. رصيد محفظتك الحالى {balance} ج.م.",
            plain(facts.fee),
        ),
        Event::Withdrawn => {
            format!("تم سحب مبلغ {amount} ج.م بنجاح. رصيد محفظتك الحالى {balance} ج.م.")
        }
        Event::Paid => format!("تم دفع مبلغ {amount} ج.م بنجاح. رصيد محفظتك الحالى {balance} ج.م."),
        Event::Enquiry => format!("رصيد محفظتك الحالى {balance} ج.م."),
        Event::NoBalance => "عفوا، رصيد محفظتك غير كافي لاتمام العملية".to_owned(),
        Event::Code => "رمز التحقق الخاص بك هو 771204".to_owned(),
        Event::Advert => "حول من محفظتك واكسب كاش باك 20 ج.م كل يوم جمعة".to_owned(),
        Event::Prize => {
            format!("مبروك! كسبت {amount} ج.م. افتح التطبيق علشان يتم إستلام مبلغ الجائزة")
        }
        Event::Reversal => format!(
            "تم استرداد مبلغ {amount} ج.م من محفظتك لصالح رقم {peer}. رصيد محفظتك الحالى {balance} ج.م."
        ),
        _ => return None,
    })
}
