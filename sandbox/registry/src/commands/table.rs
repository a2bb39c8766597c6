//! Every command that there is.

use super::*;

const fn command(
    name: &'static str,
    attributes: &'static [&'static str],
    run: fn(&mut Call<'_>) -> Outcome,
) -> Spec {
    Spec {
        name,
        attributes,
        run,
    }
}

pub static COMMANDS: &[Spec] = &[
    command(
        "ActivateDomainTransfer",
        &["DOMAIN", "ACTION", "TRIGGER"],
        transfer_domain::activate,
    ),
    command("AddContact", contacts::FIELDS, contacts::add),
    command("AddDomain", add_domain::ATTRIBUTES, add_domain::run),
    command(
        "AddDomainApplication",
        applications::ATTRIBUTES,
        applications::add,
    ),
    command(
        "CheckAuthentication",
        &["SUBUSER", "PASSWORD"],
        account::check,
    ),
    command(
        "CheckDomain",
        &["DOMAIN", "X-IDN-LANGUAGE"],
        availability::one,
    ),
    command(
        "CheckDomains",
        &[
            "DOMAIN#",
            "PREMIUMCHANNELS",
            "X-IDN-LANGUAGE",
            "DOMAINCHECKMODE",
            "PHASE",
        ],
        availability::many,
    ),
    command(
        "CheckDomainTransfer",
        &["DOMAIN", "AUTH", "DOMAINAUTH"],
        check_transfer::run,
    ),
    command("ConvertIDN", &["DOMAIN", "DOMAIN#"], idn::convert),
    command(
        "DeleteDomain",
        &["DOMAIN", "X-AT-SCHEDULEDATE"],
        ending::delete,
    ),
    command(
        "DeleteDomainApplication",
        &["APPLICATION"],
        applications::delete,
    ),
    command("DeleteEvent", &["EVENT"], events::delete),
    command(
        "DENIC_CreateAuthInfo1",
        &["DOMAIN"],
        auth_codes::auth_info_1,
    ),
    command("EndSession", &["SESSION"], sessions::end),
    command(
        "GetCurrentExchangeRates",
        &["CURRENCYFROM", "CURRENCYTO"],
        exchange::current,
    ),
    command("GetEnvironment", environment::ATTRIBUTES, environment::get),
    command(
        "ModifyDomain",
        modify_domain::ATTRIBUTES,
        modify_domain::run,
    ),
    command("PayDomainRenewal", renewal::ATTRIBUTES, renewal::pay),
    command("PushDomain", &["DOMAIN", "TARGET"], ending::push),
    command(
        "QueryContactList",
        &[
            "CONTACT",
            "WIDE",
            "USERDEPTH",
            "FIRST",
            "LIMIT",
            "NOTOTAL",
            "ORDERBY",
        ],
        contacts::list,
    ),
    command(
        "QueryDomainApplicationList",
        &[
            "DOMAIN",
            "CLASS",
            "STATUS",
            "USERDEPTH",
            "FIRST",
            "LIMIT",
            "NOTOTAL",
            "ORDERBY",
        ],
        applications::list,
    ),
    command("QueryDomainList", domain_list::ATTRIBUTES, domain_list::run),
    command(
        "QueryDomainOptions",
        &["DOMAIN#", "PROPERTIES"],
        zone_facts::options,
    ),
    command(
        "QueryDomainRepositoryInfo",
        &["DOMAIN"],
        zone_facts::repository,
    ),
    command(
        "QueryDomainSuggestionList",
        suggestions::ATTRIBUTES,
        suggestions::run,
    ),
    command("QueryEventList", events::ATTRIBUTES, events::list),
    command(
        "QueryExchangeRates",
        &[
            "MINDATE",
            "MAXDATE",
            "CURRENCYTO",
            "CURRENCYFROM",
            "FIRST",
            "LIMIT",
            "NOTOTAL",
            "ORDERBY",
        ],
        exchange::list,
    ),
    command(
        "QueryForeignTransferList",
        transfer_list::ATTRIBUTES,
        transfer_list::outgoing,
    ),
    command("QueryObjectList", object_list::ATTRIBUTES, object_list::run),
    command(
        "QueryObjectLogList",
        object_log::ATTRIBUTES,
        object_log::list,
    ),
    command(
        "QueryTransferList",
        transfer_list::ATTRIBUTES,
        transfer_list::incoming,
    ),
    command("RenewDomain", renewal::ATTRIBUTES, renewal::renew),
    command("RequestDomainAuthInfo", &["DOMAIN"], auth_codes::request),
    command(
        "ResendDomainTransferConfirmationEmails",
        &["DOMAIN"],
        transfer_domain::resend,
    ),
    command(
        "RestoreDomain",
        &["DOMAIN", "RENEWALMODE", "SUBUSER", "CLASS", "ORDER"],
        ending::restore,
    ),
    command("SetDomainRenewalMode", renewal::MODE, renewal::mode),
    command("SetEnvironment", environment::ATTRIBUTES, environment::set),
    command(
        "StartSession",
        &["TYPE", "TIMEOUT", "MAXTTL"],
        sessions::start,
    ),
    command("StatusAccount", &[], account::status),
    command("StatusContact", &["CONTACT"], contacts::status),
    command(
        "StatusDomain",
        &["DOMAIN", "HOSTTYPE", "REFRESH", "REPOSITORYCONTACT"],
        status_domain::run,
    ),
    command(
        "StatusDomainApplication",
        &["APPLICATION"],
        applications::status,
    ),
    command("StatusDomainTrade", &["DOMAIN"], trade::status),
    command("StatusDomainTransfer", &["DOMAIN"], transfer_domain::status),
    command("StatusEvent", &["EVENT"], events::status),
    command("StatusObjectLog", &["LOGINDEX"], object_log::status),
    command("StatusUser", user::ATTRIBUTES, user::status),
    command("TradeDomain", trade::ATTRIBUTES, trade::run),
    command(
        "TransferDomain",
        transfer_domain::ATTRIBUTES,
        transfer_domain::run,
    ),
];
