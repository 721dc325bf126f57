//! Cases that an emulator cannot show: changes in progress, nodes, replicas, tags that cannot be read yet, lost
//! answers.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::operation::create_replication_group::{
    CreateReplicationGroupError, CreateReplicationGroupOutput,
};
use aws_sdk_elasticache::operation::decrease_replica_count::DecreaseReplicaCountError;
use aws_sdk_elasticache::operation::delete_replication_group::{
    DeleteReplicationGroupError, DeleteReplicationGroupOutput,
};
use aws_sdk_elasticache::operation::describe_cache_clusters::{
    DescribeCacheClustersError, DescribeCacheClustersOutput,
};
use aws_sdk_elasticache::operation::describe_events::DescribeEventsOutput;
use aws_sdk_elasticache::operation::describe_replication_groups::{
    DescribeReplicationGroupsError, DescribeReplicationGroupsOutput,
};
use aws_sdk_elasticache::operation::increase_replica_count::IncreaseReplicaCountOutput;
use aws_sdk_elasticache::operation::list_tags_for_resource::{ListTagsForResourceError, ListTagsForResourceOutput};
use aws_sdk_elasticache::operation::modify_replication_group::{
    ModifyReplicationGroupError, ModifyReplicationGroupOutput,
};
use aws_sdk_elasticache::types::builders::{CacheClusterBuilder, ReplicationGroupBuilder};
use aws_sdk_elasticache::types::{
    AuthTokenUpdateStrategyType, AutomaticFailoverStatus, CacheCluster, Endpoint, Event, MultiAzStatus, NodeGroup,
    PendingModifiedValues, ReplicationGroup as Group, SecurityGroupMembership, TransitEncryptionMode,
};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use mate_core::kinds::replication_group::{ReplicationGroup, ReplicationGroupInputs};
use mate_core::model::Kind;
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Live, Observation, RetryStatus, Status, Target};
use serde_json::json;

use super::ReplicationGroupDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, made, present};
use crate::drivers::{Driver, elasticache_tags};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const TOKEN: &str = "canary-canary-canary";

pub(super) fn target() -> Target {
    let inputs = ReplicationGroupInputs {
        description: "d".into(),
        engine_version: "7.1".into(),
        node_type: "cache.t4g.micro".into(),
        num_cache_clusters: 2,
        automatic_failover: true,
        multi_az: true,
        auth_token_secret_arn: "arn:secret".into(),
        kms_key_id: KEY.into(),
        snapshot_retention_days: 1,
        cache_subnet_group_name: "subnets".into(),
        security_group_ids: vec!["sg-1".into()],
        port: 6379,
        auth_token_secret_version: None,
        auth_token_only: true,
        snapshot_name: None,
    };
    testing::target::<ReplicationGroup>("redis", &inputs)
}

/// The group as ElastiCache tells it once it stands.
pub(super) fn group() -> ReplicationGroupBuilder {
    let endpoint = |host: &str| Endpoint::builder().address(host).port(6379).build();
    let shard = NodeGroup::builder().primary_endpoint(endpoint("primary")).reader_endpoint(endpoint("reader")).build();
    Group::builder()
        .replication_group_id("redis")
        .arn("arn:redis")
        .description("d")
        .status("available")
        .member_clusters("redis-001")
        .member_clusters("redis-002")
        .node_groups(shard)
        .automatic_failover(AutomaticFailoverStatus::Enabled)
        .multi_az(MultiAzStatus::Enabled)
        .snapshot_retention_limit(1)
        .cache_node_type("cache.t4g.micro")
        .kms_key_id(KEY)
}

pub(super) fn node() -> CacheClusterBuilder {
    CacheCluster::builder()
        .cache_cluster_id("redis-001")
        .engine_version("7.1.0")
        .cache_subnet_group_name("subnets")
        .security_groups(SecurityGroupMembership::builder().security_group_id("sg-1").build())
}

fn described(group: ReplicationGroupBuilder) -> Rule {
    let group = group.build();
    mock!(Client::describe_replication_groups)
        .match_requests(|request| request.replication_group_id() == Some("redis"))
        .then_output(move || DescribeReplicationGroupsOutput::builder().replication_groups(group.clone()).build())
}

fn absent() -> Rule {
    mock!(Client::describe_replication_groups)
        .then_error(|| DescribeReplicationGroupsError::generic(code("ReplicationGroupNotFoundFault")))
}

fn nodes(node: CacheClusterBuilder) -> Rule {
    let node = node.build();
    mock!(Client::describe_cache_clusters)
        .match_requests(|request| request.cache_cluster_id() == Some("redis-001"))
        .then_output(move || DescribeCacheClustersOutput::builder().cache_clusters(node.clone()).build())
}

fn tagged(tags: &Tags) -> Rule {
    let tags = elasticache_tags::list(tags);
    mock!(Client::list_tags_for_resource)
        .then_output(move || ListTagsForResourceOutput::builder().set_tag_list(Some(tags.clone())).build())
}

fn unreadable() -> Rule {
    mock!(Client::list_tags_for_resource)
        .then_error(|| ListTagsForResourceError::generic(code("InvalidReplicationGroupState")))
}

fn exists() -> Rule {
    mock!(Client::create_replication_group)
        .then_error(|| CreateReplicationGroupError::generic(code("ReplicationGroupAlreadyExists")))
}

fn modified() -> aws_smithy_mocks::RuleBuilder<
    aws_sdk_elasticache::operation::modify_replication_group::ModifyReplicationGroupInput,
    ModifyReplicationGroupOutput,
    ModifyReplicationGroupError,
> {
    mock!(Client::modify_replication_group)
}

fn modifying() -> ModifyReplicationGroupOutput {
    ModifyReplicationGroupOutput::builder().replication_group(group().status("modifying").build()).build()
}

fn aws(elasticache: Client) -> Aws {
    let secret = mock!(aws_sdk_secretsmanager::Client::get_secret_value)
        .then_output(|| GetSecretValueOutput::builder().secret_string(TOKEN).build());
    Aws { elasticache, secretsmanager: client!(aws_sdk_secretsmanager, any, [secret]), ..testing::aws() }
}

/// The clients when the group, its node and its tags are as they should be, with more rules.
pub(super) fn standing(group: ReplicationGroupBuilder, node: CacheClusterBuilder, rules: Vec<Rule>) -> Aws {
    let mut all = vec![described(group), nodes(node), tagged(&target().tags)];
    all.extend(rules);
    aws(client!(aws_sdk_elasticache, any, all))
}

async fn live(group: ReplicationGroupBuilder, node: CacheClusterBuilder) -> Live {
    present(Subject.observe(&standing(group, node, Vec::new()), &[target()]).await.remove(0))
}

#[tokio::test]
async fn what_was_made_as_wanted_shows_no_difference() {
    let live = live(group(), node()).await;
    assert_eq!(live.status, Status::Ready);
    let mut wanted = target().inputs;
    for rule in ReplicationGroup::model().fields.iter().filter(|rule| rule.write_only) {
        wanted.as_object_mut().unwrap().remove(rule.field);
    }
    assert_eq!(live.inputs, wanted);
    let outputs = json!({"primary_endpoint": "primary", "reader_endpoint": "reader", "port": 6379,
        "arn": "arn:redis", "replication_group_id": "redis"});
    assert_eq!(serde_json::to_value(live.outputs).unwrap(), outputs);
}

#[tokio::test]
async fn a_change_in_progress_is_pending_and_no_drift() {
    let pending = PendingModifiedValues::builder().engine_version("7.2.1").cache_node_type("cache.r7g.large").build();
    let changing =
        live(group().automatic_failover(AutomaticFailoverStatus::Enabling), node().pending_modified_values(pending))
            .await;
    assert_eq!(changing.inputs["engine_version"], "7.2");
    assert_eq!(changing.inputs["node_type"], "cache.r7g.large");
    assert_eq!(changing.inputs["automatic_failover"], true);
    let what = "available, changing failover, engine version, node type";
    assert_eq!(changing.status, Status::Pending(what.into()));
}

#[tokio::test]
async fn every_status_has_a_meaning() {
    for (word, status) in [
        ("snapshotting", Status::Ready),
        ("creating", Status::Pending("creating".into())),
        ("modifying", Status::Pending("modifying".into())),
        ("deleting", Status::Deleting),
        ("create-failed", Status::Failed("create-failed".into())),
    ] {
        assert_eq!(live(group().status(word), node()).await.status, status, "{word}");
    }
}

#[tokio::test]
async fn what_the_nodes_do_not_tell_is_left_to_the_record() {
    let gone = mock!(Client::describe_cache_clusters)
        .then_error(|| DescribeCacheClustersError::generic(code("CacheClusterNotFound")));
    let rules = client!(aws_sdk_elasticache, any, [described(group()), gone, tagged(&target().tags)]);
    let live = present(Subject.observe(&aws(rules), &[target()]).await.remove(0));
    assert!(live.inputs.get("engine_version").is_none() && live.inputs.get("security_group_ids").is_none());
    assert_eq!(live.status, Status::Ready);
}

#[tokio::test]
async fn a_group_whose_tags_cannot_be_read_yet_is_waited_for_and_not_touched() {
    for failure in ["InvalidReplicationGroupState", "ReplicationGroupNotFoundFault"] {
        let tags =
            mock!(Client::list_tags_for_resource).then_error(move || ListTagsForResourceError::generic(code(failure)));
        let rules = [described(group().status("creating")), nodes(node()), tags];
        let aws = aws(client!(aws_sdk_elasticache, any, rules));
        let observed = Subject.observe(&aws, &[target()]).await.remove(0);
        assert_eq!(present(observed).status, Status::Pending("creating".into()), "{failure}");
    }
    let rules = || vec![described(group().status("creating")), nodes(node()), unreadable()];
    let request = testing::delete(target());
    let error = Subject.delete(&aws(client!(aws_sdk_elasticache, any, rules())), &request).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
    // Ready, and still no tags: that is no matter of time.
    let rules = [described(group()), nodes(node()), unreadable()];
    let observed = Subject.observe(&aws(client!(aws_sdk_elasticache, any, rules)), &[target()]).await.remove(0);
    assert!(matches!(observed, Observation::Unknown(_)));
}

#[tokio::test]
async fn a_group_is_made_encrypted_with_the_secrets_token() {
    let rule = mock!(Client::create_replication_group)
        .match_requests(|request| {
            request.auth_token() == Some(TOKEN)
                && request.transit_encryption_enabled() == Some(true)
                && request.transit_encryption_mode() == Some(&TransitEncryptionMode::Required)
                && request.at_rest_encryption_enabled() == Some(true)
                && request.kms_key_id() == Some(KEY)
                && request.num_node_groups() == Some(1)
                && request.replicas_per_node_group() == Some(1)
                && request.tags().len() == 4
        })
        .then_output(|| {
            let group = group().status("creating").set_node_groups(None).build();
            CreateReplicationGroupOutput::builder().replication_group(group).build()
        });
    let aws = aws(client!(aws_sdk_elasticache, [rule]));
    let created = Subject.create(&aws, &testing::create(target())).await.unwrap();
    assert_eq!(created.status, Status::Pending("creating".into()));
    assert!(!created.outputs.contains_key("primary_endpoint"));
}

#[tokio::test]
async fn an_engine_before_7_is_made_without_a_mode() {
    let rule = mock!(Client::create_replication_group)
        .match_requests(|request| {
            request.transit_encryption_enabled() == Some(true) && request.transit_encryption_mode().is_none()
        })
        .then_output(|| CreateReplicationGroupOutput::builder().replication_group(group().build()).build());
    let mut target = target();
    target.inputs["engine_version"] = json!("6.2");
    let aws = aws(client!(aws_sdk_elasticache, [rule]));
    assert_eq!(Subject.create(&aws, &testing::create(target)).await.unwrap().physical_id, "redis");
}

#[tokio::test]
async fn ours_from_an_earlier_attempt_is_brought_to_the_inputs() {
    let modify = modified()
        .match_requests(|request| request.snapshot_retention_limit() == Some(1) && request.auth_token().is_none())
        .then_output(modifying);
    let aws = standing(group().snapshot_retention_limit(0), node(), vec![exists(), modify]);
    let created = Subject.create(&aws, &testing::create(target())).await.unwrap();
    assert_eq!(created.status, Status::Pending("modifying".into()));
}

#[tokio::test]
async fn a_foreign_group_of_the_name_is_refused_and_one_that_goes_waited_for() {
    let rules = [exists(), described(group()), nodes(node()), tagged(&Tags::new())];
    let request = testing::create(target());
    let error = Subject.create(&aws(client!(aws_sdk_elasticache, any, rules)), &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let going = standing(group().status("deleting"), node(), vec![exists()]);
    assert_eq!(Subject.create(&going, &request).await.unwrap_err().class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let modify = modified().then_error(|| ModifyReplicationGroupError::generic(code("InvalidReplicationGroupState")));
    let aws = standing(group().snapshot_retention_limit(0), node(), vec![exists(), modify]);
    let error = Subject.create(&aws, &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).outputs["arn"], "arn:redis");
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_no_error_repeats_the_token() {
    let lost = mock!(Client::create_replication_group)
        .then_http_response(|| HttpResponse::new(503.try_into().unwrap(), SdkBody::empty()));
    let request = testing::create(target());
    let error = Subject.create(&aws(client!(aws_sdk_elasticache, [lost])), &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
    let refused = mock!(Client::create_replication_group).then_error(|| {
        let meta = aws_smithy_types::error::ErrorMetadata::builder()
            .code("InvalidParameterValue")
            .message(format!("Invalid AuthToken {TOKEN}"));
        CreateReplicationGroupError::generic(meta.build())
    });
    let error = Subject.create(&aws(client!(aws_sdk_elasticache, [refused])), &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(!format!("{error} {error:?}").contains(TOKEN));
}

#[tokio::test]
async fn replicas_are_added_before_failover_is_turned_on() {
    let single = || {
        group()
            .set_member_clusters(Some(vec!["redis-001".into()]))
            .automatic_failover(AutomaticFailoverStatus::Disabled)
    };
    let increase = mock!(Client::increase_replica_count)
        .match_requests(|request| request.new_replica_count() == Some(1) && request.apply_immediately() == Some(true))
        .then_output(|| IncreaseReplicaCountOutput::builder().build());
    // What AWS says to a second change while the first goes on.
    let busy = modified()
        .match_requests(|request| request.automatic_failover_enabled() == Some(true))
        .then_error(|| ModifyReplicationGroupError::generic(code("InvalidReplicationGroupState")));
    let fields = ["num_cache_clusters", "automatic_failover"];
    let rules =
        client!(aws_sdk_elasticache, [described(single()), nodes(node()), tagged(&target().tags), increase, busy]);
    let error = Subject.update(&aws(rules), &testing::update(target(), &fields)).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));

    // Repeated when the replica stands, only the rest is done.
    let rest =
        modified().match_requests(|request| request.automatic_failover_enabled() == Some(true)).then_output(modifying);
    let half = group().automatic_failover(AutomaticFailoverStatus::Disabled);
    let updated = Subject.update(&standing(half, node(), vec![rest]), &testing::update(target(), &fields)).await;
    assert_eq!(updated.unwrap().status, Status::Pending("modifying".into()));
}

#[tokio::test]
async fn replicas_are_removed_after_failover_is_turned_off() {
    let mut target = target();
    target.inputs["num_cache_clusters"] = json!(1);
    target.inputs["automatic_failover"] = json!(false);
    target.inputs["multi_az"] = json!(false);
    let off = modified()
        .match_requests(|request| {
            request.automatic_failover_enabled() == Some(false) && request.multi_az_enabled() == Some(false)
        })
        .then_output(modifying);
    let busy = mock!(Client::decrease_replica_count)
        .match_requests(|request| request.new_replica_count() == Some(0))
        .then_error(|| DecreaseReplicaCountError::generic(code("InvalidReplicationGroupState")));
    let rules = client!(aws_sdk_elasticache, [described(group()), nodes(node()), tagged(&target.tags), off, busy]);
    let fields = ["automatic_failover", "multi_az", "num_cache_clusters"];
    let error = Subject.update(&aws(rules), &testing::update(target, &fields)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
}

#[tokio::test]
async fn another_secret_adds_its_token_to_the_one_in_use() {
    let rotate = modified()
        .match_requests(|request| {
            request.auth_token() == Some(TOKEN)
                && request.auth_token_update_strategy() == Some(&AuthTokenUpdateStrategyType::Rotate)
                && request.cache_node_type().is_none()
        })
        .then_output(modifying);
    let aws = standing(group(), node(), vec![rotate.clone()]);
    let mut target = target();
    target.inputs["auth_token_only"] = serde_json::json!(false);
    Subject.update(&aws, &testing::update(target, &["auth_token_secret_version", "node_type"])).await.unwrap();
    assert_eq!(rotate.num_calls(), 1);
}

#[tokio::test]
async fn a_deletion_leaves_no_snapshot_and_can_be_repeated() {
    let request = testing::delete(target());
    let gone = aws(client!(aws_sdk_elasticache, [absent()]));
    assert_eq!(Subject.delete(&gone, &request).await.unwrap(), Deleted::Gone);
    let delete = mock!(Client::delete_replication_group)
        .match_requests(|request| request.final_snapshot_identifier().is_none())
        .then_output(|| DeleteReplicationGroupOutput::builder().build());
    assert_eq!(Subject.delete(&standing(group(), node(), vec![delete]), &request).await.unwrap(), Deleted::Going);
    let raced = mock!(Client::delete_replication_group)
        .then_error(|| DeleteReplicationGroupError::generic(code("ReplicationGroupNotFoundFault")));
    assert_eq!(Subject.delete(&standing(group(), node(), vec![raced]), &request).await.unwrap(), Deleted::Gone);
    let going = standing(group().status("deleting"), node(), Vec::new());
    assert_eq!(Subject.delete(&going, &request).await.unwrap(), Deleted::Going);
    let foreign = client!(aws_sdk_elasticache, any, [described(group()), nodes(node()), tagged(&Tags::new())]);
    assert_eq!(Subject.delete(&aws(foreign), &request).await.unwrap_err().class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_diagnosis_tells_the_events_latest_first() {
    let event = |message: &str, at: i64| {
        Event::builder().message(message).date(aws_smithy_types::DateTime::from_secs(at)).build()
    };
    let events = DescribeEventsOutput::builder().events(event("first", 1)).events(event("second", 2)).build();
    let rule = mock!(Client::describe_events)
        .match_requests(|request| request.source_identifier() == Some("redis") && request.duration() == Some(60))
        .then_output(move || events.clone());
    let aws = standing(group().status("create-failed"), node(), vec![rule]);
    let findings = Subject.diagnose(&aws, &target()).await.unwrap();
    let texts: Vec<&str> = findings.iter().map(|finding| finding.finding.as_str()).collect();
    assert_eq!(texts, ["the status is create-failed", "1970-01-01T00:00:02Z: second", "1970-01-01T00:00:01Z: first"]);
}

#[tokio::test]
async fn the_token_before_is_good_until_the_new_one_is_the_only_one() {
    let set = modified()
        .match_requests(|request| {
            request.auth_token() == Some(TOKEN)
                && request.auth_token_update_strategy() == Some(&AuthTokenUpdateStrategyType::Set)
        })
        .then_output(modifying);
    let aws = standing(group(), node(), vec![set.clone()]);
    Subject.update(&aws, &testing::update(target(), &["auth_token_only"])).await.unwrap();
    assert_eq!(set.num_calls(), 1);
}

#[tokio::test]
async fn what_it_was_filled_from_means_nothing_later() {
    let aws = standing(group(), node(), Vec::new());
    let updated = Subject.update(&aws, &testing::update(target(), &["snapshot_name"])).await.unwrap();
    assert_eq!(updated.status, Status::Ready);
}

#[tokio::test]
async fn a_snapshot_that_an_earlier_call_has_taken_is_no_error_once_the_group_goes() {
    let taken = || {
        mock!(Client::delete_replication_group)
            .then_error(|| DeleteReplicationGroupError::generic(code("SnapshotAlreadyExistsFault")))
    };
    let mut request = testing::delete(target());
    request.data = mate_core::provider::DataPolicy::Keep { final_snapshot: Some("last".into()) };
    let error = Subject.delete(&standing(group(), node(), vec![taken()]), &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists, "it stands, and somebody else has taken the name");
    let seen =
        |status: &str| DescribeReplicationGroupsOutput::builder().replication_groups(group().status(status).build());
    let (before, after) = (seen("available").build(), seen("deleting").build());
    let looks = mock!(Client::describe_replication_groups)
        .sequence()
        .output(move || before.clone())
        .output(move || after.clone())
        .build();
    let rules = [looks, nodes(node()), tagged(&target().tags), taken()];
    let going = aws(client!(aws_sdk_elasticache, any, rules));
    assert_eq!(Subject.delete(&going, &request).await.unwrap(), Deleted::Going);
}

#[tokio::test]
async fn what_it_holds_stays_in_a_final_snapshot_where_one_is_named() {
    let delete = mock!(Client::delete_replication_group)
        .match_requests(|request| request.final_snapshot_identifier() == Some("last"))
        .then_output(|| DeleteReplicationGroupOutput::builder().build());
    let mut request = testing::delete(target());
    request.data = mate_core::provider::DataPolicy::Keep { final_snapshot: Some("last".into()) };
    assert_eq!(Subject.delete(&standing(group(), node(), vec![delete]), &request).await.unwrap(), Deleted::Going);
}
