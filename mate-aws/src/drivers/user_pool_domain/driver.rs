//! The host name where people sign in to a user pool. It carries no tags: its pool says whose it is.

use async_trait::async_trait;
use aws_sdk_cognitoidentityprovider::types::{DomainDescriptionType, DomainStatusType};
use mate_core::kinds::UserPoolDomain;
use mate_core::model::Tags;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    Claim, CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status,
    Target, UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each, fields};
use crate::policy::Actions;

const CREATE: &str = "cognito-idp:CreateUserPoolDomain";
const DELETE: &str = "cognito-idp:DeleteUserPoolDomain";

/// The driver of `cognito-idp:UserPoolDomain`.
#[derive(Debug)]
pub(crate) struct UserPoolDomainDriver;

#[async_trait]
impl Driver for UserPoolDomainDriver {
    fn model(&self) -> KindModel {
        UserPoolDomain::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            Ok(match find(aws, target).await? {
                Some(domain) if domain.accepted(target) => Observation::Present(domain.live()),
                Some(domain) => Observation::Foreign(domain.not_ours(target)),
                None => Observation::Absent,
            })
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<UserPoolDomain>()?;
        let pool = fields::value(target, &inputs.user_pool_id)?;
        if let Some(domain) = describe(aws, target, &inputs.domain).await? {
            return converge(target, domain);
        }
        let call = aws.cognito.create_user_pool_domain().user_pool_id(pool).domain(&inputs.domain);
        let error = match call.send().await.map_err(failed(&target.address, CREATE)) {
            Ok(_) => {
                let made = Domain { name: inputs.domain, pool: pool.clone(), status: DomainStatusType::Creating };
                return Ok(made.live().into());
            }
            Err(error) => fields::missing(error),
        };
        // Cognito has one code for a prefix that is taken and for one that it does not allow.
        if error.code.as_deref() == Some("InvalidParameterException")
            && let Some(domain) = describe(aws, target, &inputs.domain).await?
        {
            return converge(target, domain);
        }
        Err(error)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "cognito-idp:UpdateUserPoolDomain";
        let target = &request.target;
        let domain = find(aws, target).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::NotFound, CALL, target.address.clone())
                .with_message(format!("there is no user pool domain `{}`", prefix(target)))
        })?;
        if !domain.accepted(target) {
            return Err(refuse(target, CALL, &domain));
        }
        Ok(domain.live().into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(domain) = find(aws, target).await? else { return Ok(Deleted::Gone) };
        if !domain.accepted(target) {
            return Err(refuse(target, DELETE, &domain));
        }
        if domain.status == DomainStatusType::Deleting {
            return Ok(Deleted::Going);
        }
        let call = aws.cognito.delete_user_pool_domain().user_pool_id(&domain.pool).domain(&domain.name);
        let going = if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(going.map_or(Deleted::Gone, |_| Deleted::Going))
    }
}

/// A domain that exists.
struct Domain {
    name: String,
    pool: String,
    status: DomainStatusType,
}

impl Domain {
    fn read(described: DomainDescriptionType) -> Option<Self> {
        Some(Self {
            pool: described.user_pool_id.filter(|pool| !pool.is_empty())?,
            name: described.domain?,
            status: described.status.unwrap_or(DomainStatusType::Active),
        })
    }

    /// Returns true if the domain may be the target's: it leads to the target's pool. While the pool is not known, the
    /// record decides.
    fn accepted(&self, target: &Target) -> bool {
        match fields::text(target, "user_pool_id") {
            Some(pool) => pool == self.pool || target.claim == Claim::ReadOnly,
            None => target.physical_id.as_ref() == Some(&self.name) || target.accepts(&Tags::new()),
        }
    }

    fn not_ours(&self, target: &Target) -> String {
        format!("{} `{}` leads to the user pool {}", target.kind, self.name, self.pool)
    }

    fn live(self) -> Live {
        Live {
            status: match &self.status {
                DomainStatusType::Active => Status::Ready,
                DomainStatusType::Deleting => Status::Deleting,
                DomainStatusType::Failed => Status::Failed("Cognito could not set the domain up".to_owned()),
                other => Status::Pending(other.as_str().to_lowercase()),
            },
            inputs: json!({ "user_pool_id": self.pool, "domain": self.name }),
            outputs: [("domain".to_owned(), json!(self.name))].into(),
            tags: Tags::new(),
            physical_id: self.name,
        }
    }
}

/// The prefix that is wanted.
fn prefix(target: &Target) -> &str {
    fields::text(target, "domain").unwrap_or(&target.name)
}

/// The recorded domain, or the one of the wanted prefix.
async fn find(aws: &Aws, target: &Target) -> Result<Option<Domain>, ProviderError> {
    let wanted = prefix(target);
    if let Some(recorded) = target.physical_id.as_deref().filter(|recorded| *recorded != wanted)
        && let Some(domain) = describe(aws, target, recorded).await?
        && domain.accepted(target)
    {
        return Ok(Some(domain));
    }
    describe(aws, target, wanted).await
}

/// The domain of this prefix; of one that nobody has Cognito tells a description of nothing.
async fn describe(aws: &Aws, target: &Target, prefix: &str) -> Result<Option<Domain>, ProviderError> {
    let answer = aws.cognito.describe_user_pool_domain().domain(prefix).send().await;
    let answer = if_found(answer.map_err(failed(&target.address, "cognito-idp:DescribeUserPoolDomain")))?;
    Ok(answer.and_then(|answer| answer.domain_description).and_then(Domain::read))
}

/// Answers a create whose domain exists already.
fn converge(target: &Target, domain: Domain) -> Result<Created, ProviderError> {
    if !domain.accepted(target) {
        return Err(refuse(target, CREATE, &domain));
    }
    if domain.status == DomainStatusType::Deleting {
        return Err(ProviderError::new(ErrorClass::Conflict, CREATE, target.address.clone())
            .with_message("the user pool domain of this prefix is still being deleted"));
    }
    Ok(domain.live().into())
}

fn refuse(target: &Target, operation: &str, domain: &Domain) -> ProviderError {
    ProviderError::new(ErrorClass::AlreadyExists, operation, target.address.clone())
        .with_message(domain.not_ours(target))
}
