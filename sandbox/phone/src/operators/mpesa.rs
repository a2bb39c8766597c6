//! M-PESA, Kenya.

use super::{Event, Facts, Operator, grouped};

pub(super) fn write(event: Event, facts: &Facts<'_>) -> Option<String> {
    let (amount, balance) = (grouped(facts.amount), grouped(facts.balance));
    let fee = grouped(facts.fee);
    let day = Operator::Mpesa.local(facts.at, "%-d/%-m/%y");
    let time = Operator::Mpesa.local(facts.at, "%-I:%M %p");
    let name = facts.peer_name.to_uppercase();
    let Facts {
        peer, operation, ..
    } = facts;
    let abroad = format!("254{}", peer.trim_start_matches('0'));
    Some(match event {
        Event::Received => format!(
            "{operation} Confirmed. You have received Ksh{amount} from {name} {abroad} on {day} at {time} New M-PESA balance is Ksh{balance}."
        ),
        Event::Sent => format!(
            "{operation} Confirmed. Ksh{amount} sent to {name} {peer} on {day} at {time}. New M-PESA balance is Ksh{balance}. Transaction cost, Ksh{fee}."
        ),
        Event::Withdrawn => format!(
            "{operation} Confirmed. on {day} at {time} Withdraw Ksh{amount} from 100200 - Sample Agent New M-PESA balance is Ksh{balance}. Transaction cost, Ksh{fee}."
        ),
        Event::Paid => format!(
            "{operation} Confirmed. Ksh{amount} paid to SAMPLE POWER on {day} at {time}. New M-PESA balance is Ksh{balance}. Transaction cost, Ksh{fee}."
        ),
        Event::Enquiry => format!(
            "{operation} Confirmed. Your account balance was: M-PESA Account : Ksh{balance} on {day} at {time}."
        ),
        Event::Reversal => format!(
            "{operation} Confirmed. Transaction {} has been reversed on {day} at {time} and Ksh{amount} is debited from your M-PESA account. New M-PESA balance is Ksh{balance}.",
            facts.original,
        ),
        Event::Code => "Your M-PESA one-time PIN is 118830. Do not share it.".to_owned(),
        Event::Advert => {
            "Get up to Ksh500 back when you pay with M-PESA this week. Dial *334#".to_owned()
        }
        Event::Prize => format!(
            "Congratulations! You have won Ksh{amount} in the weekly draw. Call to claim your prize."
        ),
        _ => return None,
    })
}
