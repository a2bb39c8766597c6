//! Domains: GetClientsDomains, DomainRegister, DomainTransfer, DomainRenew, UpdateClientDomain.

use jiff::civil::Date;

use super::{ApiError, WhmcsApi};

/// A domain as WHMCS has it in its books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDomain {
    pub id: i64,
    pub client: i64,
    pub name: String,
    /// `Pending`, `Pending Registration`, `Active`, `Expired`, `Cancelled`, ….
    pub status: String,
    pub registrar: Option<String>,
    pub registered: Option<Date>,
    pub expires: Option<Date>,
}

impl WhmcsApi {
    /// `None` when WHMCS has no such domain.
    pub async fn client_domain(&self, domain: i64) -> Result<Option<ClientDomain>, ApiError> {
        let answer = self
            .call("GetClientsDomains", &[("domainid", domain.to_string())])
            .await?;
        let rows = answer.rows("domains", "domain");
        let Some(row) = rows.iter().find(|row| row.integer("id") == Some(domain)) else {
            return Ok(None);
        };
        Ok(Some(ClientDomain {
            id: domain,
            client: row.required("userid", row.integer("userid"))?,
            name: row.required("domainname", row.text("domainname"))?,
            status: row.required("status", row.text("status"))?,
            registrar: row.text("registrar"),
            registered: row.date("regdate"),
            expires: row.date("expirydate"),
        }))
    }

    /// Has WHMCS run the registration of a pending domain; it comes back to Wharf through the registrar
    /// module before this returns.
    pub async fn domain_register(&self, domain: i64) -> Result<(), ApiError> {
        self.call("DomainRegister", &[("domainid", domain.to_string())])
            .await
            .map(|_| ())
    }

    /// Books a domain with or without ID protection, and its recurring price anew.
    pub async fn set_id_protection(&self, domain: i64, on: bool) -> Result<(), ApiError> {
        let fields = [
            ("domainid", domain.to_string()),
            ("idprotection", u8::from(on).to_string()),
            ("autorecalc", "1".to_owned()),
        ];
        self.call("UpdateClientDomain", &fields).await.map(|_| ())
    }

    /// As [`domain_register`](Self::domain_register), for the transfer of a pending domain.
    pub async fn domain_transfer(&self, domain: i64) -> Result<(), ApiError> {
        self.call("DomainTransfer", &[("domainid", domain.to_string())])
            .await
            .map(|_| ())
    }

    /// As [`domain_register`](Self::domain_register), for a renewal; without a number of years for the term that
    /// WHMCS has with the domain.
    pub async fn domain_renew(&self, domain: i64, years: Option<i64>) -> Result<(), ApiError> {
        let mut fields = vec![("domainid", domain.to_string())];
        fields.extend(years.map(|years| ("regperiod", years.to_string())));
        self.call("DomainRenew", &fields).await.map(|_| ())
    }

    /// Books a domain that was pending as active until a day, where that is known; its next invoice is for then.
    pub async fn activate_domain(
        &self,
        domain: i64,
        expires: Option<Date>,
    ) -> Result<(), ApiError> {
        let mut fields = vec![
            ("domainid", domain.to_string()),
            ("status", "Active".to_owned()),
        ];
        for field in ["expirydate", "nextduedate"] {
            fields.extend(expires.map(|day| (field, day.to_string())));
        }
        self.call("UpdateClientDomain", &fields).await.map(|_| ())
    }

    pub async fn cancel_domain(&self, domain: i64) -> Result<(), ApiError> {
        let fields = [
            ("domainid", domain.to_string()),
            ("status", "Cancelled".to_owned()),
        ];
        self.call("UpdateClientDomain", &fields).await.map(|_| ())
    }

    /// Books another status or expiry; what is `None` stays.
    pub async fn update_domain(
        &self,
        domain: i64,
        status: Option<&str>,
        expires: Option<Date>,
    ) -> Result<(), ApiError> {
        let mut fields = vec![("domainid", domain.to_string())];
        fields.extend(status.map(|status| ("status", status.to_owned())));
        fields.extend(expires.map(|day| ("expirydate", day.to_string())));
        self.call("UpdateClientDomain", &fields).await.map(|_| ())
    }
}
