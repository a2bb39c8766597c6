//! bKash, Bangladesh.

use super::{Event, Facts, Operator, grouped};

pub(super) fn write(event: Event, facts: &Facts<'_>) -> Option<String> {
    let (amount, balance) = (grouped(facts.amount), grouped(facts.balance));
    let fee = grouped(facts.fee);
    let at = Operator::Bkash.local(facts.at, "%d/%m/%Y %H:%M");
    let Facts {
        peer, operation, ..
    } = facts;
    Some(match event {
        Event::Received => format!(
            "You have received Tk {amount} from {peer}. Ref 1. Fee Tk 0.00. Balance Tk {balance}. TrxID {operation} at {at}"
        ),
        Event::Sent => format!(
            "Send Money Tk {amount} to {peer} successful. Ref 1. Fee Tk {fee}. Balance Tk {balance}. TrxID {operation} at {at}"
        ),
        Event::Withdrawn => format!(
            "Cash Out Tk {amount} to 01700000009 successful. Fee Tk {fee}. Balance Tk {balance}. TrxID {operation} at {at}"
        ),
        Event::Paid => format!(
            "Payment of Tk {amount} to SAMPLE POWER is successful. Balance Tk {balance}. TrxID {operation} at {at}"
        ),
        Event::Code => {
            "Your bKash verification code is 402817. It expires in 2 minutes.".to_owned()
        }
        Event::Advert => {
            "Send Money to 5 friends and get up to Tk 100 cashback! Dial *247#".to_owned()
        }
        Event::Prize => format!(
            "Congratulations! You have received Tk {amount} cashback offer. Tap to claim: http://example.com/b"
        ),
        _ => return None,
    })
}
