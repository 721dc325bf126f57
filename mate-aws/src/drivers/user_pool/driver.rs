//! Cognito user pools. Cognito lets many pools have one name and knows no token: what an earlier attempt made is found
//! by its name and tags before another is made.

use async_trait::async_trait;
use aws_sdk_cognitoidentityprovider::types::{
    DeletionProtectionType, UserPoolDescriptionType, UserPoolType, UsernameAttributeType, UsernameConfigurationType,
    VerifiedAttributeType,
};
use mate_core::kinds::UserPool;
use mate_core::model::Tags;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, Diagnosis, ErrorClass, Live, Observation,
    ProviderError, RetryStatus, Status, Target, UpdateRequest,
};
use serde_json::json;
use tokio::sync::OnceCell;

use super::actions;
use super::settings;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each, fields};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "cognito-idp:CreateUserPool";
const UPDATE: &str = "cognito-idp:UpdateUserPool";
const DELETE: &str = "cognito-idp:DeleteUserPool";

/// Most pools of a page. <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPools.html>
const PAGE: i32 = 60;

/// Every pool of the account, listed when the first target needs it.
type Listing = OnceCell<Vec<UserPoolDescriptionType>>;

/// The driver of `cognito-idp:UserPool`.
#[derive(Debug)]
pub(crate) struct UserPoolDriver;

#[async_trait]
impl Driver for UserPoolDriver {
    fn model(&self) -> KindModel {
        UserPool::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let listing = &Listing::new();
        each(targets, |target| async move {
            let found = find(aws, target, listing).await?;
            Ok(found.map_or(Observation::Absent, |pool| tags::judge(target, live(&pool))))
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<UserPool>()?;
        if let Some(found) = find(aws, target, &Listing::new()).await? {
            let exists = ProviderError::new(ErrorClass::AlreadyExists, CREATE, target.address.clone());
            return fields::converge::<UserPool>(self, aws, request, Some(live(&found)), exists).await;
        }
        let answer = aws
            .cognito
            .create_user_pool()
            .pool_name(&target.name)
            .policies(settings::password_policy(None, None, &inputs))
            .admin_create_user_config(settings::admin_create_user(None, &inputs))
            .deletion_protection(settings::deletion_protection(inputs.deletion_protection))
            .username_attributes(UsernameAttributeType::Email)
            .username_configuration(letter_case_aside())
            .auto_verified_attributes(VerifiedAttributeType::Email)
            .set_user_pool_tags(Some(target.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(failed(&target.address, CREATE))?;
        let pool = answer.user_pool.filter(|pool| pool.id().is_some());
        pool.map(|pool| live(&pool).into()).ok_or_else(|| {
            ProviderError::new(ErrorClass::Bug, CREATE, target.address.clone())
                .with_message("the answer holds no user pool")
        })
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<UserPool>()?;
        let found = find(aws, target, &Listing::new()).await?;
        let live = fields::needed(target, UPDATE, found.as_ref().map(live))?;
        let named = |field: &str| request.fields.iter().any(|name| name == field);
        if let Some(pool) = found.filter(|_| request.fields.iter().any(|field| field != "tags")) {
            let mut wanted = pool.clone();
            if named("password_minimum_length") {
                let admin = wanted.admin_create_user_config.as_ref();
                wanted.policies = Some(settings::password_policy(wanted.policies.clone(), admin, &inputs));
            }
            if named("admin_create_user_only") {
                let admin = wanted.admin_create_user_config.take();
                wanted.admin_create_user_config = Some(settings::admin_create_user(admin, &inputs));
            }
            if named("deletion_protection") {
                wanted.deletion_protection = Some(settings::deletion_protection(inputs.deletion_protection));
            }
            settings::put(aws, target, wanted).await?;
        }
        if named("tags") {
            let change = TagChange::new(&live.tags, &target.tags).without(&live.tags, &request.untag);
            set_tags(aws, target, live.outputs["arn"].as_str().unwrap_or_default(), change).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(pool) = find(aws, target, &Listing::new()).await? else { return Ok(Deleted::Gone) };
        let there = live(&pool);
        // The recorded pool is gone, and another one has its name: that is no business of ours.
        let recorded = target.physical_id.as_ref();
        if !target.accepts(&there.tags) && recorded.is_some_and(|recorded| *recorded != there.physical_id) {
            return Ok(Deleted::Gone);
        }
        fields::ours(target, DELETE, Some(there.clone()))?;
        let refused = |class, why: String| ProviderError::new(class, DELETE, target.address.clone()).with_message(why);
        let domain = pool.domain().or(pool.custom_domain()).filter(|domain| !domain.is_empty());
        if let Some(domain) = domain {
            return Err(refused(ErrorClass::Dependency, format!("the domain `{domain}` still leads to it")));
        }
        if request.data != DataPolicy::Discard && holds_users(aws, target, &pool).await? {
            let why = "it holds users: move them away, or consent to losing them".to_owned();
            return Err(refused(ErrorClass::Dependency, why).with_retry(RetryStatus::Permanent));
        }
        if pool.deletion_protection() == Some(&DeletionProtectionType::Active) {
            if request.data != DataPolicy::Discard {
                let why =
                    "deletion protection is on: turn deletion_protection off in the user pool and apply that first";
                return Err(refused(ErrorClass::Invalid, why.to_owned()));
            }
            let mut open = pool.clone();
            open.deletion_protection = Some(DeletionProtectionType::Inactive);
            settings::put(aws, target, open).await?;
        }
        let answer = aws.cognito.delete_user_pool().user_pool_id(&there.physical_id).send().await;
        if_found(answer.map_err(failed(&target.address, DELETE)).map_err(not_yet))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(pool) = find(aws, target, &Listing::new()).await? else { return Ok(Vec::new()) };
        let finding = |what: &str, why: Option<&str>| {
            why.map(|why| Diagnosis { concern: None, terminal: false, finding: format!("{what}: {why}"), advice: None })
        };
        let mail = finding("Cognito cannot send e-mail", pool.email_configuration_failure());
        let text = finding("Cognito cannot send text messages", pool.sms_configuration_failure());
        Ok(mail.into_iter().chain(text).collect())
    }
}

/// One address is one user, however its letters are written. Cognito fixes this at the pool's creation.
fn letter_case_aside() -> UsernameConfigurationType {
    UsernameConfigurationType::builder().case_sensitive(false).build().expect("a configuration with its member")
}

/// The recorded pool, or the one of its name: the target's own before somebody else's, and the oldest of several.
async fn find(aws: &Aws, target: &Target, listing: &Listing) -> Result<Option<UserPoolType>, ProviderError> {
    if let Some(id) = target.physical_id.as_deref()
        && let Some(pool) = describe(aws, target, id).await?
    {
        return Ok(Some(pool));
    }
    let listed = listing.get_or_try_init(|| list(aws, &target.address)).await?;
    let mut found = Vec::new();
    for id in listed.iter().filter(|pool| pool.name() == Some(&target.name)).filter_map(UserPoolDescriptionType::id) {
        found.extend(describe(aws, target, id).await?);
    }
    Ok(found.into_iter().min_by_key(|pool| {
        let tags = tags_of(pool);
        (!target.ownership().owns(&tags), !target.accepts(&tags), pool.creation_date().copied())
    }))
}

async fn list(aws: &Aws, address: &Address) -> Result<Vec<UserPoolDescriptionType>, ProviderError> {
    let mut listed = Vec::new();
    let mut token = None;
    loop {
        let answer = aws.cognito.list_user_pools().max_results(PAGE).set_next_token(token).send().await;
        let page = answer.map_err(failed(address, "cognito-idp:ListUserPools"))?;
        listed.extend(page.user_pools.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(listed);
        }
    }
}

async fn describe(aws: &Aws, target: &Target, id: &str) -> Result<Option<UserPoolType>, ProviderError> {
    let answer = aws.cognito.describe_user_pool().user_pool_id(id).send().await;
    let answer = if_found(answer.map_err(failed(&target.address, "cognito-idp:DescribeUserPool")))?;
    Ok(answer.and_then(|answer| answer.user_pool))
}

/// Returns true if the pool holds users. The count that Cognito reports is an estimate, so a pool with a count of zero
/// is listed.
async fn holds_users(aws: &Aws, target: &Target, pool: &UserPoolType) -> Result<bool, ProviderError> {
    if pool.estimated_number_of_users() > 0 {
        return Ok(true);
    }
    let call = aws.cognito.list_users().user_pool_id(pool.id().unwrap_or_default()).limit(1);
    let answer = if_found(call.send().await.map_err(failed(&target.address, "cognito-idp:ListUsers")))?;
    Ok(answer.is_some_and(|answer| !answer.users().is_empty()))
}

async fn set_tags(aws: &Aws, target: &Target, arn: &str, change: TagChange) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.cognito.tag_resource().resource_arn(arn).set_tags(Some(change.set.into_iter().collect()));
        call.send().await.map_err(failed(&target.address, "cognito-idp:TagResource"))?;
    }
    if !change.remove.is_empty() {
        let keys = change.remove.into_iter().collect();
        let call = aws.cognito.untag_resource().resource_arn(arn).set_tag_keys(Some(keys));
        call.send().await.map_err(failed(&target.address, "cognito-idp:UntagResource"))?;
    }
    Ok(())
}

/// Cognito says "InvalidParameterException" of a pool whose domain is not quite gone. Everything else that makes it say
/// so of a deletion was looked at before.
fn not_yet(mut error: ProviderError) -> ProviderError {
    if error.code.as_deref() == Some("InvalidParameterException") {
        error.class = ErrorClass::Dependency;
        error.retry = error.class.retry();
    }
    error
}

fn tags_of(pool: &UserPoolType) -> Tags {
    tags::from_pairs(pool.user_pool_tags().into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str())))
}

fn live(pool: &UserPoolType) -> Live {
    let password = pool.policies().and_then(|policies| policies.password_policy());
    let admin = pool.admin_create_user_config();
    Live {
        physical_id: pool.id().unwrap_or_default().to_owned(),
        status: Status::Ready,
        inputs: fields::Fields::default()
            .with("password_minimum_length", password.and_then(|policy| policy.minimum_length()))
            .with("admin_create_user_only", admin.map(|admin| admin.allow_admin_create_user_only()))
            .with("deletion_protection", Some(pool.deletion_protection() == Some(&DeletionProtectionType::Active)))
            .into_value(),
        outputs: [
            ("user_pool_id".to_owned(), json!(pool.id().unwrap_or_default())),
            ("arn".to_owned(), json!(pool.arn().unwrap_or_default())),
        ]
        .into(),
        tags: tags_of(pool),
    }
}
