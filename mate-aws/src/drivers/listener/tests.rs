use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::create_listener::{CreateListenerError, CreateListenerOutput};
use aws_sdk_elasticloadbalancingv2::operation::delete_listener::DeleteListenerError;
use aws_sdk_elasticloadbalancingv2::operation::describe_listeners::{DescribeListenersError, DescribeListenersOutput};
use aws_sdk_elasticloadbalancingv2::operation::describe_tags::DescribeTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::modify_listener::ModifyListenerOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, ForwardActionConfig, Listener as Described, ProtocolEnum, TagDescription,
    TargetGroupTuple,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Listener;
use mate_core::kinds::listener::{ListenerAction, ListenerInputs};
use mate_core::model::Kind;
use mate_core::model::{Input, OutputRef, Tags};
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::ListenerDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::elbv2::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/lb/50dc6c495c0c9188";
const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tg/73e2d6bc24d8a067";
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";

fn arn(port: i32) -> String {
    format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/lb/50dc6c495c0c9188/{port:016}")
}

fn https() -> Target {
    testing::target::<Listener>(
        "https",
        &ListenerInputs {
            load_balancer_arn: BALANCER.into(),
            port: 443,
            protocol: "HTTPS".into(),
            certificate_arn: Some(CERTIFICATE.into()),
            ssl_policy: None,
            default_action: ListenerAction::Forward { target_group_arn: GROUP.into() },
        },
    )
}

fn http() -> Target {
    testing::target::<Listener>(
        "http",
        &ListenerInputs {
            load_balancer_arn: BALANCER.into(),
            port: 80,
            protocol: "HTTP".into(),
            certificate_arn: None,
            ssl_policy: None,
            default_action: ListenerAction::RedirectToHttps { port: 443 },
        },
    )
}

/// As AWS tells a forward: the target group twice, and a policy that nobody named.
fn live_https() -> Described {
    let forward = ForwardActionConfig::builder()
        .target_groups(TargetGroupTuple::builder().target_group_arn(GROUP).weight(1).build())
        .build();
    Described::builder()
        .listener_arn(arn(443))
        .load_balancer_arn(BALANCER)
        .port(443)
        .protocol(ProtocolEnum::Https)
        .certificates(Certificate::builder().certificate_arn(CERTIFICATE).build())
        .ssl_policy("ELBSecurityPolicy-2016-08")
        .default_actions(
            Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(GROUP).forward_config(forward).build(),
        )
        .build()
}

fn listed(listeners: Vec<Described>) -> Rule {
    mock!(Client::describe_listeners)
        .then_output(move || DescribeListenersOutput::builder().set_listeners(Some(listeners.clone())).build())
}

fn tagged(tags: Tags) -> Rule {
    mock!(Client::describe_tags).then_compute_output(move |request| {
        let descriptions = request
            .resource_arns()
            .iter()
            .map(|arn| TagDescription::builder().resource_arn(arn).set_tags(Some(tag_list(&tags))).build())
            .collect();
        DescribeTagsOutput::builder().set_tag_descriptions(Some(descriptions)).build()
    })
}

fn aws(elbv2: Client) -> Aws {
    Aws { elbv2, ..testing::aws() }
}

#[tokio::test]
async fn both_listeners_of_a_load_balancer_are_read_in_one_call() {
    let redirect = Described::builder()
        .listener_arn(arn(80))
        .load_balancer_arn(BALANCER)
        .port(80)
        .protocol(ProtocolEnum::Http)
        .default_actions(
            crate::drivers::elbv2::action(&http(), &ListenerAction::RedirectToHttps { port: 443 }, None).unwrap(),
        )
        .build();
    let targets = [https(), http()];
    let (listed, tags) = (listed(vec![redirect, live_https()]), tagged(targets[0].tags.clone()));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&listed, &tags]));
    let answers = ListenerDriver.observe(&aws, &targets).await;
    assert_eq!((listed.num_calls(), tags.num_calls()), (1, 1));
    let live: Vec<_> = answers.into_iter().map(present).collect();
    for (target, live) in targets.iter().zip(&live) {
        assert!(unlike(&Listener::model(), target, live).is_empty(), "{}", live.inputs);
    }
    assert_eq!(live[0].outputs["target_group_arn"], json!(GROUP));
    assert!(!live[1].outputs.contains_key("target_group_arn"), "a redirect forwards to nothing");
}

#[tokio::test]
async fn without_its_load_balancer_it_cannot_exist() {
    let mut target = https();
    let reference =
        OutputRef { node: "alb".parse().unwrap(), output: "arn".into(), prefix: String::new(), suffix: String::new() };
    target.inputs["load_balancer_arn"] = serde_json::to_value(Input::<String>::Ref(reference)).unwrap();
    let aws = testing::aws();
    assert!(matches!(ListenerDriver.observe(&aws, &[target]).await.remove(0), Observation::Absent));
}

#[tokio::test]
async fn it_goes_with_its_load_balancer() {
    let none =
        mock!(Client::describe_listeners).then_error(|| DescribeListenersError::generic(code("LoadBalancerNotFound")));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&none]));
    assert!(matches!(ListenerDriver.observe(&aws, &[https()]).await.remove(0), Observation::Absent));
    assert_eq!(ListenerDriver.delete(&aws, &delete(https())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn the_recorded_one_is_found_on_its_old_port() {
    let mut target = https();
    target.inputs["port"] = json!(8443);
    target.physical_id = Some(arn(443));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&listed(vec![live_https()]), &tagged(target.tags.clone())]));
    let live = present(ListenerDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(unlike(&Listener::model(), &target, &live), ["port"]);
}

#[tokio::test]
async fn a_port_that_somebody_else_uses_is_refused() {
    let made =
        mock!(Client::create_listener).then_output(|| CreateListenerOutput::builder().listeners(live_https()).build());
    let aws =
        aws(client!(aws_sdk_elasticloadbalancingv2, any, [&listed(vec![live_https()]), &tagged(Tags::new()), &made]));
    let error = ListenerDriver.create(&aws, &create(https())).await.unwrap_err();
    assert_eq!((error.class, made.num_calls()), (ErrorClass::AlreadyExists, 0));
}

#[tokio::test]
async fn a_duplicate_that_is_ours_is_returned() {
    let target = https();
    let duplicate =
        mock!(Client::create_listener).then_error(|| CreateListenerError::generic(code("DuplicateListener")));
    let aws = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&listed(vec![]), &duplicate, &listed(vec![live_https()]), &tagged(target.tags.clone())]
    ));
    let created = ListenerDriver.create(&aws, &create(target)).await.unwrap();
    assert_eq!(created.physical_id, arn(443));
    assert_eq!(created.outputs["target_group_arn"], json!(GROUP));
}

#[tokio::test]
async fn a_certificate_that_is_not_issued_yet_is_a_dependency() {
    let early =
        mock!(Client::create_listener).then_error(|| CreateListenerError::generic(code("UnsupportedCertificate")));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&listed(vec![]), &early]));
    let error = ListenerDriver.create(&aws, &create(https())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
}

#[tokio::test]
async fn an_update_sends_the_action_alone() {
    let mut target = https();
    target.inputs["default_action"] =
        json!({"fixed_response": {"status": 503, "content_type": "text/plain", "body": "closed"}});
    target.inputs["certificate_arn"] = json!("arn:aws:acm:us-east-1:123456789012:certificate/2");
    let modified = mock!(Client::modify_listener)
        .match_requests(|request| {
            request.certificates().is_empty() && request.ssl_policy().is_none() && request.default_actions().len() == 1
        })
        .then_output(|| ModifyListenerOutput::builder().build());
    let aws = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&listed(vec![live_https()]), &tagged(target.tags.clone()), &modified]
    ));
    let created = ListenerDriver.update(&aws, &update(target, &["default_action"])).await.unwrap();
    assert_eq!(modified.num_calls(), 1);
    assert!(!created.outputs.contains_key("target_group_arn"));
}

#[tokio::test]
async fn one_that_went_meanwhile_is_gone() {
    let target = https();
    let missing = mock!(Client::delete_listener).then_error(|| DeleteListenerError::generic(code("ListenerNotFound")));
    let aws = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&listed(vec![live_https()]), &tagged(target.tags.clone()), &missing]
    ));
    assert_eq!(ListenerDriver.delete(&aws, &delete(target)).await.unwrap(), Deleted::Gone);
}
