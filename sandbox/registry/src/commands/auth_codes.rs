//! Auth codes that StatusDomain does not show: mailed by the registry, or made on demand.

use super::{Call, random_hex};
use crate::answer::{Answer, Outcome};
use crate::dates;
use crate::state::Mail;
use crate::zones::AuthCode;

/// The registry mails the code to the registrant.
pub fn request(call: &mut Call<'_>) -> Outcome {
    let domain = call.own_domain()?.clone();
    if domain.zone.auth_code != AuthCode::Mailed {
        return Err(Answer::new(510).detail("RequestDomainAuthInfo"));
    }
    call.may_change(&domain)?;
    let owner = domain
        .list("OWNERCONTACT")
        .first()
        .and_then(|handle| call.state.contacts.get(handle));
    let to = owner.and_then(|contact| contact.fields.get("EMAIL"));
    let mail = Mail {
        at: call.now,
        to: to.cloned().unwrap_or_default(),
        domain: domain.name.clone(),
        subject: "The authorisation code of your domain",
        text: format!("The code of {} is {}", domain.name, domain.auth),
        code: domain.auth.clone(),
    };
    call.state.mail(mail);
    call.log("DOMAIN", &domain.name, "REQUEST_AUTHINFO");
    Ok(Answer::ok().pending())
}

/// .de: a new code, good for a month.
pub fn auth_info_1(call: &mut Call<'_>) -> Outcome {
    let mut domain = call.own_domain()?.clone();
    if domain.zone.auth_code != AuthCode::AuthInfo1 {
        return Err(Answer::new(510).detail("DENIC_CreateAuthInfo1"));
    }
    call.may_change(&domain)?;
    domain.auth = random_hex::<8>()?;
    let (name, auth) = (domain.name.clone(), domain.auth.clone());
    let ends = dates::days_after(dates::whole_second(call.now), 30);
    call.state.put_domain(domain);
    call.log("DOMAIN", &name, "CREATE_AUTHINFO1");
    Ok(Answer::ok()
        .with("AUTH", auth)
        .with("X-DE-AUTHINFO1-EXPIRATIONDATE", dates::text(ends)))
}
