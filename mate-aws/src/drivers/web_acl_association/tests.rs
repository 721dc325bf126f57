use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::operation::associate_web_acl::{AssociateWebACLError, AssociateWebAclOutput};
use aws_sdk_wafv2::operation::disassociate_web_acl::DisassociateWebAclOutput;
use aws_sdk_wafv2::operation::get_web_acl_for_resource::{GetWebACLForResourceError, GetWebAclForResourceOutput};
use aws_sdk_wafv2::types::{VisibilityConfig, WebAcl};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::WebAclAssociation;
use mate_core::kinds::web_acl_association::WebAclAssociationInputs;
use mate_core::provider::{Deleted, ErrorClass, Observation, RetryStatus, Target};
use serde_json::json;

use super::WebAclAssociationDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, present, update};

fn target() -> Target {
    let inputs = WebAclAssociationInputs { web_acl_arn: "arn:acl".into(), resource_arn: "arn:lb".into() };
    testing::target::<WebAclAssociation>("mate-acme-dev-waf", &inputs)
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { wafv2: client!(aws_sdk_wafv2, rules), ..aws() }
}

fn associated(arn: Option<&'static str>) -> Rule {
    mock!(Client::get_web_acl_for_resource)
        .match_requests(|request| request.resource_arn() == Some("arn:lb"))
        .then_output(move || {
            let seen = VisibilityConfig::builder()
                .sampled_requests_enabled(false)
                .cloud_watch_metrics_enabled(false)
                .metric_name("m")
                .build()
                .unwrap();
            let acl = |arn| WebAcl::builder().name("a").id("i").arn(arn).visibility_config(seen).build().unwrap();
            GetWebAclForResourceOutput::builder().set_web_acl(arn.map(acl)).build()
        })
}

#[tokio::test]
async fn another_web_acl_is_a_difference() {
    let live =
        present(WebAclAssociationDriver.observe(&stub(&[&associated(Some("arn:x"))]), &[target()]).await.remove(0));
    assert_eq!(live.inputs, json!({"web_acl_arn": "arn:x", "resource_arn": "arn:lb"}));
    let answer = WebAclAssociationDriver.observe(&stub(&[&associated(None)]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
}

#[tokio::test]
async fn before_the_load_balancer_exists_nothing_is_asked() {
    let mut target = target();
    target.inputs["resource_arn"] = json!({"$node": "alb", "$output": "arn"});
    let answer = WebAclAssociationDriver.observe(&stub(&[]), &[target]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
}

#[tokio::test]
async fn with_the_load_balancer_gone_the_association_is_absent() {
    let gone = mock!(Client::get_web_acl_for_resource)
        .then_error(|| GetWebACLForResourceError::generic(code("WAFNonexistentItemException")));
    let answer = WebAclAssociationDriver.observe(&stub(&[&gone]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
}

#[tokio::test]
async fn it_is_made_and_a_missing_part_or_a_busy_one_is_tried_again() {
    let joined = mock!(Client::associate_web_acl)
        .match_requests(|request| request.web_acl_arn() == Some("arn:acl") && request.resource_arn() == Some("arn:lb"))
        .then_output(|| AssociateWebAclOutput::builder().build());
    let created = WebAclAssociationDriver.create(&stub(&[&joined]), &create(target())).await.unwrap();
    assert_eq!(created.outputs["resource_arn"], json!("arn:lb"));

    for (said, class) in [
        ("WAFNonexistentItemException", ErrorClass::Dependency),
        ("WAFUnavailableEntityException", ErrorClass::Conflict),
    ] {
        let refused = mock!(Client::associate_web_acl).then_error(move || AssociateWebACLError::generic(code(said)));
        let error = WebAclAssociationDriver.create(&stub(&[&refused]), &create(target())).await.unwrap_err();
        assert_eq!((error.class, error.retry), (class, RetryStatus::Temporary), "{said}");
    }
}

#[tokio::test]
async fn only_the_recorded_web_acl_is_taken_off() {
    let off = mock!(Client::disassociate_web_acl).then_output(|| DisassociateWebAclOutput::builder().build());
    let aws = stub(&[&associated(Some("arn:acl")), &off]);
    assert_eq!(WebAclAssociationDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(off.num_calls(), 1);

    let aws = stub(&[&associated(Some("arn:of-somebody-else"))]);
    assert_eq!(WebAclAssociationDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn an_adoption_leaves_the_web_acl_that_is_there() {
    let adopted = testing::unowned(target());
    let answer = WebAclAssociationDriver
        .update(&stub(&[&associated(Some("arn:x"))]), &update(adopted.clone(), &["tags"]))
        .await
        .unwrap();
    assert_eq!(answer.physical_id, "arn:lb");
    let aws = stub(&[&associated(None)]);
    let error = WebAclAssociationDriver.update(&aws, &update(adopted, &["tags"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
}
