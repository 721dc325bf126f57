//! Web ACLs in front of load balancers. Their names are unique in a region; every change needs the lock token of what
//! was read.

use async_trait::async_trait;
use aws_sdk_wafv2::types::{AllowAction, DefaultAction, Scope, Tag, WebAcl as SdkWebAcl, WebAclSummary};
use mate_core::kinds::WebAcl;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;
use tokio::sync::OnceCell;

use super::actions;
use super::rules;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each, fields};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "wafv2:CreateWebACL";
const UPDATE: &str = "wafv2:UpdateWebACL";
const DELETE: &str = "wafv2:DeleteWebACL";

/// Most web ACLs, and most tags, of a page. <https://docs.aws.amazon.com/waf/latest/APIReference/API_ListWebACLs.html>
const PAGE: i32 = 100;

/// Every web ACL of the region, listed when the first target needs it.
type Listing = OnceCell<Vec<WebAclSummary>>;

/// The driver of `wafv2:WebACL`.
#[derive(Debug)]
pub(crate) struct WebAclDriver;

#[async_trait]
impl Driver for WebAclDriver {
    fn model(&self) -> KindModel {
        WebAcl::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let listing = &Listing::new();
        each(targets, |target| async move {
            let found = find(aws, target, listing).await?;
            Ok(found.map_or(Observation::Absent, |found| tags::judge(target, found.live())))
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<WebAcl>()?;
        let exists = || ProviderError::new(ErrorClass::AlreadyExists, CREATE, target.address.clone());
        if let Some(found) = find(aws, target, &Listing::new()).await? {
            return fields::converge::<WebAcl>(self, aws, request, Some(found.live()), exists()).await;
        }
        let answer = aws
            .wafv2
            .create_web_acl()
            .name(&target.name)
            .scope(Scope::Regional)
            .default_action(allow())
            .set_rules(Some(rules::wanted(&inputs)))
            .visibility_config(rules::visibility(&target.name))
            .set_tags(Some(to_sdk(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CREATE));
        match answer {
            Ok(answer) => {
                let arn = answer.summary.and_then(|summary| summary.arn).ok_or_else(|| {
                    ProviderError::new(ErrorClass::Bug, CREATE, target.address.clone())
                        .with_message("the answer holds no ARN")
                })?;
                Ok(Created { status: Status::Ready, outputs: outputs(&arn), physical_id: arn })
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let found = find(aws, target, &Listing::new()).await?.map(|found| found.live());
                fields::converge::<WebAcl>(self, aws, request, found, error).await
            }
            Err(error) => Err(no_such_group(error)),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<WebAcl>()?;
        let found = find(aws, target, &Listing::new()).await?;
        let live = fields::needed(target, UPDATE, found.as_ref().map(Found::live))?;
        let named = |field: &str| request.fields.iter().any(|name| name == field);
        if let Some(found) = found.filter(|_| request.fields.iter().any(|field| field != "tags")) {
            let web_acl = found.web_acl;
            let rules = rules::changed(&web_acl, &inputs, named);
            let default_action = web_acl.default_action.filter(|_| !named("managed_rule_groups"));
            aws.wafv2
                .update_web_acl()
                .name(web_acl.name)
                .id(web_acl.id)
                .scope(Scope::Regional)
                .lock_token(found.lock_token)
                .default_action(default_action.unwrap_or_else(allow))
                .set_rules(Some(rules))
                // The call replaces everything: what is no input goes back as it was.
                .set_description(web_acl.description.filter(|text| !text.is_empty()))
                .visibility_config(web_acl.visibility_config.unwrap_or_else(|| rules::visibility(&target.name)))
                .set_data_protection_config(web_acl.data_protection_config)
                .set_custom_response_bodies(web_acl.custom_response_bodies)
                .set_captcha_config(web_acl.captcha_config)
                .set_challenge_config(web_acl.challenge_config)
                .set_token_domains(web_acl.token_domains.filter(|domains| !domains.is_empty()))
                .set_association_config(web_acl.association_config)
                .set_on_source_d_do_s_protection_config(web_acl.on_source_d_do_s_protection_config)
                .set_application_config(web_acl.application_config)
                .set_monetization_config(web_acl.monetization_config)
                .send()
                .await
                .map_err(failed(&target.address, UPDATE))?;
        }
        if named("tags") {
            let change = TagChange::new(&live.tags, &target.tags).without(&live.tags, &request.untag);
            set_tags(aws, target, &live.physical_id, change).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(found) = find(aws, target, &Listing::new()).await? else { return Ok(Deleted::Gone) };
        fields::ours(target, DELETE, Some(found.live()))?;
        let call = aws.wafv2.delete_web_acl().name(found.web_acl.name).id(found.web_acl.id);
        let answer = call.scope(Scope::Regional).lock_token(found.lock_token).send().await;
        if_found(answer.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }
}

struct Found {
    web_acl: SdkWebAcl,
    lock_token: String,
    tags: Tags,
}

impl Found {
    fn live(&self) -> Live {
        Live {
            physical_id: self.web_acl.arn.clone(),
            status: Status::Ready,
            inputs: rules::told(&self.web_acl),
            outputs: outputs(&self.web_acl.arn),
            tags: self.tags.clone(),
        }
    }
}

/// The recorded web ACL, or the one of the target's name. A new one can be read some time before it is listed.
async fn find(aws: &Aws, target: &Target, listing: &Listing) -> Result<Option<Found>, ProviderError> {
    if let Some((name, id)) = target.physical_id.as_deref().and_then(name_and_id)
        && let Some(found) = read(aws, target, name, id).await?
    {
        return Ok(Some(found));
    }
    let listed = listing.get_or_try_init(|| list(aws, &target.address)).await?;
    match listed.iter().find(|one| one.name() == Some(&target.name)).and_then(WebAclSummary::id) {
        Some(id) => read(aws, target, &target.name, id).await,
        None => Ok(None),
    }
}

/// The end of an ARN: `…:regional/webacl/{name}/{id}`.
fn name_and_id(arn: &str) -> Option<(&str, &str)> {
    arn.split_once(":regional/webacl/")?.1.split_once('/')
}

async fn list(aws: &Aws, address: &Address) -> Result<Vec<WebAclSummary>, ProviderError> {
    let mut listed = Vec::new();
    let mut marker = None;
    loop {
        let call = aws.wafv2.list_web_acls().scope(Scope::Regional).limit(PAGE).set_next_marker(marker);
        let page = call.send().await.map_err(failed(address, "wafv2:ListWebACLs"))?;
        let last = page.web_acls().is_empty();
        listed.extend(page.web_acls.unwrap_or_default());
        marker = page.next_marker;
        // AWS gives a marker with the last page too when that page is full.
        if marker.is_none() || last {
            return Ok(listed);
        }
    }
}

/// The whole of a web ACL; nothing when it went away meanwhile.
async fn read(aws: &Aws, target: &Target, name: &str, id: &str) -> Result<Option<Found>, ProviderError> {
    let call = aws.wafv2.get_web_acl().scope(Scope::Regional).name(name).id(id);
    let answer = if_found(call.send().await.map_err(failed(&target.address, "wafv2:GetWebACL")))?;
    let Some((web_acl, lock_token)) = answer.and_then(|answer| Some((answer.web_acl?, answer.lock_token?))) else {
        return Ok(None);
    };
    let Some(tags) = tags_of(aws, target, &web_acl.arn).await? else { return Ok(None) };
    Ok(Some(Found { web_acl, lock_token, tags }))
}

async fn tags_of(aws: &Aws, target: &Target, arn: &str) -> Result<Option<Tags>, ProviderError> {
    let mut all = Tags::new();
    let mut marker = None;
    loop {
        let call = aws.wafv2.list_tags_for_resource().resource_arn(arn).limit(PAGE).set_next_marker(marker);
        let answer = if_found(call.send().await.map_err(failed(&target.address, "wafv2:ListTagsForResource")))?;
        let Some(page) = answer else { return Ok(None) };
        let list = page.tag_info_for_resource.and_then(|info| info.tag_list).unwrap_or_default();
        let last = list.is_empty();
        all.extend(tags::from_pairs(list.iter().map(|tag| (tag.key(), tag.value()))));
        marker = page.next_marker;
        if marker.is_none() || last {
            return Ok(Some(all));
        }
    }
}

async fn set_tags(aws: &Aws, target: &Target, arn: &str, change: TagChange) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.wafv2.tag_resource().resource_arn(arn).set_tags(Some(to_sdk(&change.set)));
        call.send().await.map_err(failed(&target.address, "wafv2:TagResource"))?;
    }
    if !change.remove.is_empty() {
        let keys = change.remove.into_iter().collect();
        let call = aws.wafv2.untag_resource().resource_arn(arn).set_tag_keys(Some(keys));
        call.send().await.map_err(failed(&target.address, "wafv2:UntagResource"))?;
    }
    Ok(())
}

/// Turns a creation's "not found" into an invalid input: the missing object is a rule group that AWS does not have, and
/// waiting does not help.
fn no_such_group(mut error: ProviderError) -> ProviderError {
    if error.class == ErrorClass::NotFound {
        error.class = ErrorClass::Invalid;
        error.retry = error.class.retry();
    }
    error
}

fn allow() -> DefaultAction {
    DefaultAction::builder().allow(AllowAction::builder().build()).build()
}

fn outputs(arn: &str) -> Outputs {
    [("arn".to_owned(), json!(arn))].into()
}

pub(super) fn to_sdk(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().key(key).value(value).build().expect("a tag with key and value")
    };
    tags.iter().map(tag).collect()
}
