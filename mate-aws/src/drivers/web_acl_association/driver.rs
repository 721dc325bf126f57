//! The web ACL in front of a load balancer. One resource has at most one, and it goes with the resource.

use async_trait::async_trait;
use mate_core::kinds::WebAclAssociation;
use mate_core::model::Tags;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::{Value, json};

use super::actions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each};
use crate::policy::Actions;

const ASSOCIATE: &str = "wafv2:AssociateWebACL";

/// The driver of `wafv2:WebACLAssociation`.
#[derive(Debug)]
pub(crate) struct WebAclAssociationDriver;

#[async_trait]
impl Driver for WebAclAssociationDriver {
    fn model(&self) -> KindModel {
        WebAclAssociation::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            let Some(resource) = resource(target) else { return Ok(Observation::Absent) };
            Ok(match web_acl(aws, target, resource).await? {
                Some(web_acl) => Observation::Present(live(&web_acl, resource)),
                None => Observation::Absent,
            })
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        associate(aws, &request.target).await
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if request.fields.iter().any(|field| field != "tags") {
            return associate(aws, target).await;
        }
        // An association carries no tags: there is nothing to write.
        let resource = resource(target).unwrap_or_default();
        match web_acl(aws, target, resource).await? {
            Some(web_acl) => Ok(live(&web_acl, resource).into()),
            None => Err(ProviderError::new(ErrorClass::NotFound, ASSOCIATE, target.address.clone())
                .with_message(format!("no web ACL stands in front of `{resource}`"))),
        }
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(resource) = resource(target) else { return Ok(Deleted::Gone) };
        // Another web ACL than the recorded one was put there by somebody else, and ours is gone already.
        let recorded = target.inputs.get("web_acl_arn").and_then(Value::as_str);
        match web_acl(aws, target, resource).await? {
            Some(live) if recorded.is_none_or(|recorded| recorded == live) => {
                let call = aws.wafv2.disassociate_web_acl().resource_arn(resource);
                if_found(call.send().await.map_err(failed(&target.address, "wafv2:DisassociateWebACL")))?;
            }
            _ => {}
        }
        Ok(Deleted::Gone)
    }
}

/// The protected resource: known when it is ready, or recorded.
fn resource(target: &Target) -> Option<&str> {
    target.inputs.get("resource_arn").and_then(Value::as_str).or(target.physical_id.as_deref())
}

async fn web_acl(aws: &Aws, target: &Target, resource: &str) -> Result<Option<String>, ProviderError> {
    let call = aws.wafv2.get_web_acl_for_resource().resource_arn(resource);
    let answer = if_found(call.send().await.map_err(failed(&target.address, "wafv2:GetWebACLForResource")))?;
    Ok(answer.and_then(|answer| answer.web_acl).map(|web_acl| web_acl.arn))
}

async fn associate(aws: &Aws, target: &Target) -> Result<Created, ProviderError> {
    let inputs = target.typed::<WebAclAssociation>()?;
    let unresolved = |error| ProviderError::new(ErrorClass::Bug, ASSOCIATE, target.address.clone()).with_source(error);
    let web_acl = inputs.web_acl_arn.get().map_err(unresolved)?;
    let resource = inputs.resource_arn.get().map_err(unresolved)?;
    let call = aws.wafv2.associate_web_acl().web_acl_arn(web_acl).resource_arn(resource);
    call.send().await.map_err(failed(&target.address, ASSOCIATE)).map_err(|mut error| {
        // Either of the two that are to be joined is missing, not the association itself.
        if error.class == ErrorClass::NotFound {
            error.class = ErrorClass::Dependency;
            error.retry = error.class.retry();
        }
        error
    })?;
    Ok(live(web_acl, resource).into())
}

fn live(web_acl: &str, resource: &str) -> Live {
    Live {
        physical_id: resource.to_owned(),
        status: Status::Ready,
        inputs: json!({ "web_acl_arn": web_acl, "resource_arn": resource }),
        outputs: [("resource_arn".to_owned(), json!(resource))].into(),
        tags: Tags::new(),
    }
}
