//! InstaPay, Egypt's instant transfers: the payee's bank writes, with a reference and without a number or a balance.

use super::{Event, Facts, Operator, grouped, plain};

pub(super) fn write(event: Event, facts: &Facts<'_>) -> Option<String> {
    let local = |pattern: &str| Operator::Instapay.local(facts.at, pattern);
    let account = facts.wallet.get(facts.wallet.len().saturating_sub(4)..)?;
    let Facts {
        peer_name,
        operation,
        ..
    } = facts;
    Some(match event {
        Event::Received if facts.text == "mashreq" => format!(
            "لقد استقبلت تحويل لحظي على {account} بمبلغ {} جم عبر IPN من {} يوم {} الساعة {} رقم المعاملة {operation}",
            grouped(facts.amount),
            peer_name.chars().take(20).collect::<String>(),
            local("%d-%m-%Y"),
            local("%H:%M"),
        ),
        Event::Received if facts.text == "qnb" => format!(
            "IPN transfer received with amount of EGP {} on {account} on {} at {}. Ref# {operation}",
            plain(facts.amount),
            local("%d/%m"),
            local("%I:%M %p"),
        ),
        Event::Received => format!(
            "تم إضافة تحويل لحظي لحسابكم رقم {account} بمبلغ {} جم من {peer_name} رقم مرجعي {operation} يوم {} الساعة {} للمزيد اتصل بـ 19623",
            plain(facts.amount),
            local("%m-%d"),
            local("%H:%M"),
        ),
        Event::Sent => format!(
            "تم تنفيذ تحويل لحظي من حسابكم رقم {account} بمبلغ {} جم إلى {} رقم مرجعي {operation} يوم {} الساعة {}",
            plain(facts.amount),
            masked(peer_name),
            local("%m-%d"),
            local("%H:%M"),
        ),
        Event::Code => "رمز التحقق 664201 صالح لمدة 3 دقائق".to_owned(),
        Event::Advert => "احصل على قرض شخصي بفائدة مخفضة من البنك. اتصل بـ 19623".to_owned(),
        _ => return None,
    })
}

/// `M*** A. A***`.
fn masked(name: &str) -> String {
    let word = |word: &str| match word.chars().count() {
        0..=2 => word.to_owned(),
        _ => word.chars().take(1).chain("***".chars()).collect(),
    };
    name.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
