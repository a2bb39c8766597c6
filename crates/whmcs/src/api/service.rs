//! Services: GetClientsProducts, ModuleCreate and its like, GetModuleQueue.

use super::{ApiError, WhmcsApi};

/// A service as WHMCS has it in its books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientProduct {
    pub id: i64,
    pub client: i64,
    pub name: Option<String>,
    pub domain: Option<String>,
    /// `Pending`, `Active`, `Suspended`, `Terminated`, `Cancelled`, `Fraud`.
    pub status: String,
}

/// A failed module action that waits for staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    pub id: i64,
    /// `service`, `addon`, `domain`.
    pub subject_kind: Option<String>,
    pub subject: i64,
    pub module: Option<String>,
    pub action: Option<String>,
    pub last_error: Option<String>,
    /// How often it was tried again.
    pub retries: i64,
    pub completed: bool,
}

impl WhmcsApi {
    /// `None` when WHMCS has no such service.
    pub async fn client_product(&self, service: i64) -> Result<Option<ClientProduct>, ApiError> {
        let answer = self
            .call("GetClientsProducts", &[("serviceid", service.to_string())])
            .await?;
        let rows = answer.rows("products", "product");
        let Some(row) = rows.iter().find(|row| row.integer("id") == Some(service)) else {
            return Ok(None);
        };
        let client = row
            .integer("clientid")
            .or_else(|| row.integer("userid"))
            .or_else(|| answer.integer("clientid"));
        Ok(Some(ClientProduct {
            id: service,
            client: client.unwrap_or(0),
            name: row.text("name"),
            domain: row.text("domain"),
            status: row.required("status", row.text("status"))?,
        }))
    }

    /// Has WHMCS run its Create; it comes back to Wharf through the server module before this returns.
    pub async fn module_create(&self, service: i64) -> Result<(), ApiError> {
        self.call("ModuleCreate", &[("serviceid", service.to_string())])
            .await
            .map(|_| ())
    }

    /// As [`module_create`](Self::module_create). The reason is for the customer; blank is none.
    pub async fn module_suspend(&self, service: i64, reason: &str) -> Result<(), ApiError> {
        let mut fields = vec![("serviceid", service.to_string())];
        if !reason.is_empty() {
            fields.push(("suspendreason", reason.to_owned()));
        }
        self.call("ModuleSuspend", &fields).await.map(|_| ())
    }

    pub async fn module_unsuspend(&self, service: i64) -> Result<(), ApiError> {
        self.call("ModuleUnsuspend", &[("serviceid", service.to_string())])
            .await
            .map(|_| ())
    }

    pub async fn module_terminate(&self, service: i64) -> Result<(), ApiError> {
        self.call("ModuleTerminate", &[("serviceid", service.to_string())])
            .await
            .map(|_| ())
    }

    /// Has WHMCS run its ChangePackage.
    pub async fn module_change_package(&self, service: i64) -> Result<(), ApiError> {
        self.call("ModuleChangePackage", &[("serviceid", service.to_string())])
            .await
            .map(|_| ())
    }

    /// The failed actions of one module.
    pub async fn module_queue(&self, module: &str) -> Result<Vec<QueueEntry>, ApiError> {
        let answer = self
            .call("GetModuleQueue", &[("moduleName", module.to_owned())])
            .await?;
        answer
            .rows("queue", "queue")
            .iter()
            .map(|row| {
                Ok(QueueEntry {
                    id: row.required("id", row.integer("id"))?,
                    subject_kind: row.text("serviceType"),
                    subject: row.required("serviceId", row.integer("serviceId"))?,
                    module: row.text("moduleName"),
                    action: row.text("moduleAction"),
                    last_error: row.text("lastAttemptError"),
                    retries: row.integer("numRetries").unwrap_or(0),
                    completed: row.flag("completed"),
                })
            })
            .collect()
    }
}
