//! Vodafone Cash, Egypt. Every generation of its receipts is on somebody's phone still.

use super::{Event, Facts, Operator, arabic_digits, grouped, plain};

pub(super) fn write(event: Event, facts: &Facts<'_>) -> Option<String> {
    let english = facts.text.starts_with("en");
    let (amount, balance) = (plain(facts.amount), plain(facts.balance));
    let id = facts.operation;
    Some(match event {
        Event::Received => received(facts),
        Event::Sent if english => format!(
            "EGP {amount} were successfully transferred to {}, the transfer fee is EGP {}, your current Vodafone Cash balance is EGP {balance}. Transaction date: {} Transaction ID: {id}",
            facts.peer,
            plain(facts.fee),
            at(facts, "%y-%m-%d %H:%M"),
        ),
        Event::Sent => format!(
            "تم تحويل {amount} جنيه لرقم {} المسجل بإسم {}؛ مصاريف الخدمة {} جنيه رصيد حسابك فى فودافون كاش الحالي {balance}. تاريخ العملية: {} رقم العملية: {id}",
            facts.peer,
            facts.peer_name,
            plain(facts.fee),
            at(facts, "%H:%M %y-%m-%d"),
        ),
        Event::WithdrawalAsked => format!("تم طلب سحب {amount} جنيه من محفظتك رقم العملية 01900{id}"),
        // One per cent is taken and not told.
        Event::Withdrawn => format!(
            "تم سحب {}.{} ج بنجاح. رصيد حسابك في فودافون كاش الحالي {balance} جنيه. تاريخ العملية {} رقم العملية {id}.",
            facts.amount / 100,
            facts.amount % 100 / 10,
            at(facts, "%d-%m-%y %H:%M"),
        ),
        Event::Paid => format!("تم دفع مبلغ {amount} جنيه لشركة الكهرباء رصيدك الحالي {balance} رقم العملية {id}"),
        Event::Airtime => format!(
            "تم شحن رصيد {} بمبلغ {amount} جنيه وخصم {amount} جنيه من محفظتك",
            facts.wallet
        ),
        Event::Enquiry if english => format!(
            "Your current Vodafone Cash balance is {balance} LE Trx date: {} Trx ID {id}",
            at(facts, "%d-%m-%y %H:%M"),
        ),
        Event::Enquiry => format!(
            "رصيد حسابك فى فودافون كاش الحالي{balance} جنيه؛ شكرا لاستخدامك فودافون كاش رقم العملية{id}"
        ),
        Event::NoBalance => format!("عفوا، رصيدك غير كافي لاتمام العملية. رقم العملية {id}"),
        Event::WrongPin => format!("الرقم السري غير صحيح رقم العملية {id}"),
        Event::Code => "كود التفعيل الخاص بك هو 482913 لا تشاركه مع احد".to_owned(),
        Event::Advert => "كاش باك لحد 50 جنيه على اول تحويل من فودافون كاش، حول دلوقتي من التطبيق http://example.com/a".to_owned(),
        Event::Prize => format!("مبروك كسبت {amount} جنيه! ادخل على التطبيق لاستلام مبلغ {amount} جنيه من {}", facts.peer),
        Event::CashBack => format!("استرجع {amount} جنيه كاش باك لما تحول لصاحبك {} قبل يوم الخميس", facts.peer),
        Event::Reversal => format!(
            "تم استرداد مبلغ {amount} جنيه من محفظتك لصالح رقم {} بناء على شكوى المرسل. رصيدك الحالي {balance} جنيه. رقم العملية الأصلية: {}",
            facts.peer, facts.original,
        ),
    })
}

fn received(facts: &Facts<'_>) -> String {
    let (amount, balance) = (plain(facts.amount), plain(facts.balance));
    let Facts {
        peer,
        peer_name,
        wallet,
        operation,
        ..
    } = facts;
    let peer = match facts.text {
        "g3-remittance" => "",
        _ => peer,
    };
    let day_first = at(facts, "%d-%m-%y %H:%M");
    let minute = at(facts, "%H:%M %y-%m-%d");
    match facts.text {
        "g1" => format!(
            "تم استلام مبلغ {amount} جنيه من رقم {peer}؛ المسجل بإسم {peer_name}. رصيدك الحالي {balance} جنيه. تاريخ العملية {day_first} رقم العملية {operation} .ادفع فواتيرك من فودافون كاش"
        ),
        // As it came for a while: no currency after the balance, and blanks missing.
        "g1b" => format!(
            "تم استلام مبلغ {amount} جنيه من رقم {peer}؛ المسجل بإسم{peer_name} رصيدك الحالي{balance} تاريخ العملية {day_first} رقم العملية{operation}."
        ),
        "g2" => format!(
            "تم استلام مبلغ {amount} جنيه من رقم {peer} المسجل بإسم {peer_name} على رقم محفظتك  {wallet}.\nرصيدك الحالي: {balance} جنيه\nتاريخ العملية: {minute}\nرقم العملية: {operation}\nحمل التطبيق واكسب http://example.com/v"
        ),
        "en-a" => format!(
            "{}: Received EGP{} from 002{peer} to Mobile Account Number 9911. Ref: {operation} Available Balance: {balance}",
            at(facts, "%b %-d, %Y %-I:%M:%S %p"),
            grouped(facts.amount),
        ),
        "en-b" => format!(
            "EGP {amount} has been received from number {peer}; registered to {peer_name}. Your current balance is {balance} EGP. Transaction date {} Transaction number: {operation}",
            at(facts, "%d/%m/%y %H:%M"),
        ),
        "en-c" => format!(
            "You have received EGP {amount} from {peer} in your Vodafone Cash wallet. Transaction ID: {operation}"
        ),
        text => {
            let body = format!(
                "تم استلام مبلغ {amount} جنيه من {peer}؛\nالمسجل بإسم {peer_name}\nعلى رقم محفظتك {wallet} بتاريخ {minute}.\nرصيدك الحالي: {balance} جنيه\nرقم العملية: {operation}"
            );
            match text {
                "g3-digits" => arabic_digits(&body),
                _ => body,
            }
        }
    }
}

fn at(facts: &Facts<'_>, pattern: &str) -> String {
    Operator::VodafoneCash.local(facts.at, pattern)
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;

    #[test]
    fn every_generation_of_receipts() {
        let texts = Operator::VodafoneCash.texts().iter().map(|text| {
            let facts = facts(text, "2026-11-21T10:07:59Z", "025118181818");
            format!("{text}\n{}", received(&facts))
        });
        insta::assert_snapshot!(texts.collect::<Vec<_>>().join("\n\n"), @r"
        g3
        تم استلام مبلغ 1503.00 جنيه من 01012345678؛
        المسجل بإسم Mona A. Adel
        على رقم محفظتك 01000000001 بتاريخ 12:07 26-11-21.
        رصيدك الحالي: 1740.50 جنيه
        رقم العملية: 025118181818

        g3-digits
        تم استلام مبلغ ١٥٠٣.٠٠ جنيه من ٠١٠١٢٣٤٥٦٧٨؛
        المسجل بإسم Mona A. Adel
        على رقم محفظتك ٠١٠٠٠٠٠٠٠٠١ بتاريخ ١٢:٠٧ ٢٦-١١-٢١.
        رصيدك الحالي: ١٧٤٠.٥٠ جنيه
        رقم العملية: ٠٢٥١١٨١٨١٨١٨

        g3-remittance
        تم استلام مبلغ 1503.00 جنيه من ؛
        المسجل بإسم Mona A. Adel
        على رقم محفظتك 01000000001 بتاريخ 12:07 26-11-21.
        رصيدك الحالي: 1740.50 جنيه
        رقم العملية: 025118181818

        g2
        تم استلام مبلغ 1503.00 جنيه من رقم 01012345678 المسجل بإسم Mona A. Adel على رقم محفظتك  01000000001.
        رصيدك الحالي: 1740.50 جنيه
        تاريخ العملية: 12:07 26-11-21
        رقم العملية: 025118181818
        حمل التطبيق واكسب http://example.com/v

        g1b
        تم استلام مبلغ 1503.00 جنيه من رقم 01012345678؛ المسجل بإسمMona A. Adel رصيدك الحالي1740.50 تاريخ العملية 21-11-26 12:07 رقم العملية025118181818.

        g1
        تم استلام مبلغ 1503.00 جنيه من رقم 01012345678؛ المسجل بإسم Mona A. Adel. رصيدك الحالي 1740.50 جنيه. تاريخ العملية 21-11-26 12:07 رقم العملية 025118181818 .ادفع فواتيرك من فودافون كاش

        en-a
        Nov 21, 2026 12:07:59 PM: Received EGP1,503.00 from 00201012345678 to Mobile Account Number 9911. Ref: 025118181818 Available Balance: 1740.50

        en-b
        EGP 1503.00 has been received from number 01012345678; registered to Mona A. Adel. Your current balance is 1740.50 EGP. Transaction date 21/11/26 12:07 Transaction number: 025118181818

        en-c
        You have received EGP 1503.00 from 01012345678 in your Vodafone Cash wallet. Transaction ID: 025118181818
        ");
    }

    #[test]
    fn what_is_no_receipt() {
        let facts = facts("g3", "2026-07-21T22:07:59Z", "025118181818");
        let events = [
            Event::Sent,
            Event::WithdrawalAsked,
            Event::Withdrawn,
            Event::Enquiry,
            Event::Reversal,
        ];
        let texts = events.map(|event| write(event, &facts).unwrap());
        insta::assert_snapshot!(texts.join("\n"), @r"
        تم تحويل 1503.00 جنيه لرقم 01012345678 المسجل بإسم Mona A. Adel؛ مصاريف الخدمة 2.52 جنيه رصيد حسابك فى فودافون كاش الحالي 1740.50. تاريخ العملية: 01:07 26-07-22 رقم العملية: 025118181818
        تم طلب سحب 1503.00 جنيه من محفظتك رقم العملية 01900025118181818
        تم سحب 1503.0 ج بنجاح. رصيد حسابك في فودافون كاش الحالي 1740.50 جنيه. تاريخ العملية 22-07-26 01:07 رقم العملية 025118181818.
        رصيد حسابك فى فودافون كاش الحالي1740.50 جنيه؛ شكرا لاستخدامك فودافون كاش رقم العملية025118181818
        تم استرداد مبلغ 1503.00 جنيه من محفظتك لصالح رقم 01012345678 بناء على شكوى المرسل. رصيدك الحالي 1740.50 جنيه. رقم العملية الأصلية: 025118180000
        ");
    }
}
