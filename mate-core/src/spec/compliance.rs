//! Compliance, a tenant's own identity provider, and its contacts.

use super::values::{Email, HttpsUrl, ProviderName, RetentionDays};

/// Compliance settings. What is not set is the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ComplianceSpec {
    /// True if HIPAA's rules apply; off by default. They require a versioned bucket and 2555 days (7 years) of retention.
    pub hipaa: Option<bool>,
    /// True if API calls are audited; off by default, about $5 a month.
    pub audit_logging: Option<bool>,
    /// True if network flows are logged; off by default, about $10 a month.
    pub flow_logs: Option<bool>,
    /// Days that data and logs are kept; 90 by default, 2555 under HIPAA.
    pub data_retention: Option<RetentionDays>,
}

impl ComplianceSpec {
    /// Fewest days of retention under HIPAA, and the default there.
    pub const HIPAA_RETENTION_DAYS: u32 = 2555;

    /// Compliance settings without HIPAA.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Compliance settings under HIPAA.
    #[must_use]
    pub fn hipaa() -> Self {
        Self { hipaa: Some(true), ..Self::default() }
    }

    /// Sets whether API calls are audited.
    #[must_use]
    pub fn with_audit_logging(mut self, on: bool) -> Self {
        self.audit_logging = Some(on);
        self
    }

    /// Sets whether network flows are logged.
    #[must_use]
    pub fn with_flow_logs(mut self, on: bool) -> Self {
        self.flow_logs = Some(on);
        self
    }

    /// Sets how long data and logs are kept.
    #[must_use]
    pub fn with_data_retention(mut self, days: RetentionDays) -> Self {
        self.data_retention = Some(days);
        self
    }
}

/// A tenant's own identity provider; without one its people sign in with Cognito alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityProvider {
    /// SAML, by its metadata document.
    Saml {
        /// Its name in the user pool.
        name: ProviderName,
        /// Its metadata document.
        metadata_url: HttpsUrl,
    },
    /// OpenID Connect, by its issuer.
    Oidc {
        /// Its name in the user pool.
        name: ProviderName,
        /// Its issuer.
        issuer_url: HttpsUrl,
    },
}

impl IdentityProvider {
    /// `SAML` or `OIDC`.
    #[must_use]
    pub const fn provider_type(&self) -> &'static str {
        match self {
            Self::Saml { .. } => "SAML",
            Self::Oidc { .. } => "OIDC",
        }
    }

    /// Its name in the user pool.
    #[must_use]
    pub const fn name(&self) -> &ProviderName {
        match self {
            Self::Saml { name, .. } | Self::Oidc { name, .. } => name,
        }
    }

    /// Its metadata document or issuer.
    #[must_use]
    pub const fn url(&self) -> &HttpsUrl {
        match self {
            Self::Saml { metadata_url: url, .. } | Self::Oidc { issuer_url: url, .. } => url,
        }
    }
}

/// Whom to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contacts {
    /// About the tenant's running.
    pub technical: Email,
    /// About its bills.
    pub billing: Email,
}

impl Contacts {
    /// One address for everything.
    #[must_use]
    pub fn same(email: Email) -> Self {
        Self { technical: email.clone(), billing: email }
    }
}
