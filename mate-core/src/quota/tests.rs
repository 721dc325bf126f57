use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::model::Ownership;
use crate::model::ids::TenantKey;
use crate::model::{Graph, Node};
use crate::model::{Kinds, ReplaceOrder};
use crate::plan::{Action, After, DiffRequest, Observed, OldObject, Plan, Purpose, diff};
use crate::spec::Tier;
use crate::state::RecordSummary;
use crate::vocab::Deletions;

fn key() -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), "acme".parse().unwrap())
}

fn graph(nodes: &[(&str, &str, Value)]) -> Graph {
    let mut graph = Graph::new();
    for (id, kind, inputs) in nodes {
        let id: crate::model::ids::NodeId = id.parse().unwrap();
        let tags = Ownership(key().node(id.clone())).tags();
        let name = crate::model::names::physical(&key(), id.as_str(), 32);
        graph
            .insert(Node {
                id,
                kind: kind.parse().unwrap(),
                name,
                inputs: inputs.clone().into(),
                tags,
                existing: None,
                former: Default::default(),
            })
            .unwrap();
    }
    graph
}

/// The plan that makes all of it.
fn plan(nodes: &[(&str, &str, Value)]) -> Plan {
    let graph = graph(nodes);
    let after = After {
        phase: None,
        spec_digest: "spec".into(),
        spec: None,
        operating: Default::default(),
        summary: RecordSummary { display_name: "Acme".into(), tier: "trial".into(), url: "https://acme".into() },
        deletion_protection: false,
        outputs: BTreeMap::new(),
    };
    diff(DiffRequest {
        key: &key(),
        purpose: Purpose::Provision,
        graph: &graph,
        record: None,
        snapshot: &graph.nodes().map(|node| (node.id.clone(), Observed::Absent)).collect(),
        kinds: &Kinds::standard(),
        deletions: &Deletions::default(),
        after,
        notes: Vec::new(),
    })
    .unwrap()
}

/// The same plan, in which `node` changes from what it is with `fields` otherwise.
fn changing(mut plan: Plan, node: &str, action: Action, fields: Value) -> Plan {
    let step = plan.steps.iter_mut().find(|step| step.node.as_str() == node).unwrap();
    let mut inputs = step.inputs.clone();
    inputs.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    step.action = action;
    step.old = Some(OldObject {
        kind: step.kind.clone(),
        name: step.name.clone(),
        physical_id: None,
        inputs,
        tags: step.tags.clone(),
    });
    plan
}

fn database() -> (&'static str, &'static str, Value) {
    let inputs = json!({"engine": "postgres", "engine_version": "16", "instance_class": "db.t4g.micro",
        "allocated_storage_gib": 50, "max_allocated_storage_gib": 100, "storage_type": "gp3", "kms_key_id": "key",
        "multi_az": false, "backup_retention_days": 7, "db_name": "mate", "master_username": "mate",
        "master_user_secret_arn": "arn", "port": 5432, "db_subnet_group_name": "subnets",
        "db_parameter_group_name": "parameters", "security_group_ids": [], "deletion_protection": false,
        "performance_insights": true, "log_exports": []});
    ("db", "rds:DBInstance", inputs)
}

fn service(count: u32, strategy: Value) -> [(&'static str, &'static str, Value); 2] {
    let task = json!({"cpu": 512, "memory_mib": 1024, "execution_role_arn": "role", "task_role_arn": "role",
        "containers": [], "volumes": []});
    let service = json!({"cluster": "mate-dev", "task_definition": {"$node": "task", "$output": "arn"},
        "desired_count": count, "autoscaling": null, "capacity_providers": strategy, "subnet_ids": ["subnet-1"],
        "security_group_ids": [], "load_balancers": [], "health_check_grace_seconds": null,
        "minimum_healthy_percent": 100, "maximum_percent": 200, "circuit_breaker": true,
        "enable_execute_command": false, "after": []});
    [("task", "ecs:TaskDefinition", task), ("web", "ecs:Service", service)]
}

fn id(service: &str, code: &str) -> QuotaId {
    QuotaId { service: service.into(), code: code.into() }
}

fn instances() -> QuotaId {
    id("rds", "L-7B6409FD")
}

fn storage() -> QuotaId {
    id("rds", "L-7ADDB58A")
}

fn on_demand() -> QuotaId {
    id("fargate", "L-3032A538")
}

fn spot() -> QuotaId {
    id("fargate", "L-36FBB829")
}

fn subnet(vpc: &str, zone: &str) -> Value {
    json!({"vpc_id": vpc, "cidr_block": "10.0.0.0/24", "availability_zone": zone, "map_public_ip_on_launch": false})
}

fn readings(quota: QuotaId, limit: Option<u64>, used: Option<u64>) -> Readings {
    Readings::from([(quota, QuotaReading { limit, used })])
}

fn kinds() -> Kinds {
    Kinds::standard()
}

fn fit(quota: QuotaId, need: u64, limit: Option<u64>, used: Option<u64>) -> Fit {
    let preflight = Preflight::new(&kinds(), &Needs::from([(quota.clone(), need)]), &readings(quota, limit, used));
    preflight.checks[0].fit
}

#[test]
fn every_quota_has_an_id_of_its_own_and_a_page() {
    let kinds = kinds();
    let ids: BTreeSet<QuotaId> = Quota::all(&kinds).map(Quota::id).collect();
    assert_eq!(ids.len(), Quota::all(&kinds).count());
    for quota in Quota::all(&kinds) {
        assert!(quota.source.starts_with("https://docs.aws.amazon.com/"), "{}", quota.name);
        assert!(quota.default > 0, "{}", quota.name);
    }
}

#[test]
fn a_code_has_the_form_of_aws_and_a_word_in_its_place_has_not() {
    for quota in Quota::all(&kinds()) {
        let hex = quota.id().code.strip_prefix("L-").map(|hex| hex.len() == 8 && u32::from_str_radix(hex, 16).is_ok());
        assert_eq!(hex, quota.code.map(|_| true), "{}", quota.name);
        assert_eq!(Quota::find(&kinds(), &quota.id()).map(|found| found.name), Some(quota.name));
    }
}

#[test]
fn what_is_made_counts_whole() {
    let needs = needs(&kinds(), &plan(&[database()]));
    assert_eq!(needs, Needs::from([(instances(), 1), (storage(), 50)]));
}

#[test]
fn what_changes_counts_by_what_it_grows() {
    let grown = changing(plan(&[database()]), "db", Action::Update, json!({"allocated_storage_gib": 20}));
    assert_eq!(needs(&kinds(), &grown), Needs::from([(storage(), 30)]));
}

#[test]
fn what_shrinks_gives_nothing_to_others() {
    let there = changing(plan(&service(1, json!([]))), "task", Action::NoChange, json!({}));
    let shrunk = changing(there, "web", Action::Update, json!({"desired_count": 4}));
    assert_eq!(needs(&kinds(), &shrunk), Needs::new());
}

#[test]
fn a_replacement_that_deletes_first_needs_only_the_difference() {
    let order = ReplaceOrder::DeleteFirst;
    let replaced = changing(plan(&[database()]), "db", Action::Replace { order }, json!({"allocated_storage_gib": 40}));
    assert_eq!(needs(&kinds(), &replaced), Needs::from([(storage(), 10)]));
}

#[test]
fn a_replacement_that_creates_first_needs_room_for_both() {
    let order = ReplaceOrder::CreateFirst;
    let replaced = changing(plan(&[database()]), "db", Action::Replace { order }, json!({}));
    assert_eq!(needs(&kinds(), &replaced), Needs::from([(instances(), 1), (storage(), 50)]));
}

#[test]
fn what_is_adopted_or_left_alone_needs_nothing() {
    for action in [Action::Adopt, Action::NoChange] {
        assert_eq!(
            needs(&kinds(), &changing(plan(&[database()]), "db", action, json!({}))),
            Needs::new(),
            "{action:?}"
        );
    }
}

#[test]
fn what_is_deleted_needs_nothing() {
    assert_eq!(needs(&kinds(), &changing(plan(&[database()]), "db", Action::Delete, json!({}))), Needs::new());
}

#[test]
fn a_service_needs_the_vcpus_of_its_tasks() {
    assert_eq!(needs(&kinds(), &plan(&service(3, json!([]))))[&on_demand()], 3 * 512);
}

#[test]
fn a_larger_task_needs_its_growth_for_every_task() {
    let grown = changing(plan(&service(2, json!([]))), "task", Action::Update, json!({"cpu": 256}));
    let arn = json!({"task_definition": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"});
    let grown = changing(grown, "web", Action::UpdateWithRestart, arn);
    assert_eq!(needs(&kinds(), &grown), Needs::from([(on_demand(), 2 * 256)]));
}

#[test]
fn tasks_are_divided_between_fargate_and_spot() {
    let strategy =
        json!([{"name": "FARGATE", "weight": 1, "base": 1}, {"name": "FARGATE_SPOT", "weight": 3, "base": 0}]);
    let needs = needs(&kinds(), &plan(&service(5, strategy)));
    assert_eq!((needs[&on_demand()], needs[&spot()]), (2 * 512, 3 * 512));
}

#[test]
fn the_one_task_that_divides_unevenly_counts_on_both_sides() {
    let strategy =
        json!([{"name": "FARGATE", "weight": 1, "base": 0}, {"name": "FARGATE_SPOT", "weight": 1, "base": 0}]);
    let needs = needs(&kinds(), &plan(&service(1, strategy)));
    assert_eq!((needs[&on_demand()], needs[&spot()]), (512, 512));
}

#[test]
fn a_quota_of_each_vpc_is_needed_as_the_largest_one_needs_it() {
    let nodes = [
        ("a", "ec2:Subnet", subnet("vpc-1", "us-east-1a")),
        ("b", "ec2:Subnet", subnet("vpc-1", "us-east-1b")),
        ("c", "ec2:Subnet", subnet("vpc-2", "us-east-1a")),
    ];
    assert_eq!(needs_of(&kinds(), &graph(&nodes)), Needs::from([(id("vpc", "L-407747CB"), 2)]));
}

#[test]
fn nat_gateways_are_counted_by_the_zone_of_their_subnet() {
    let nat = |subnet: &str| json!({"subnet_id": {"$node": subnet, "$output": "subnet_id"}, "allocation_id": "eipalloc-1", "after": []});
    let nodes = [
        ("a", "ec2:Subnet", subnet("vpc-1", "us-east-1a")),
        ("b", "ec2:Subnet", subnet("vpc-1", "us-east-1b")),
        ("nat-a", "ec2:NatGateway", nat("a")),
        ("nat-b", "ec2:NatGateway", nat("b")),
        ("nat-c", "ec2:NatGateway", nat("b")),
    ];
    assert_eq!(needs_of(&kinds(), &graph(&nodes))[&id("vpc", "L-FE5A380F")], 2);
}

#[test]
fn endpoints_count_by_their_type() {
    let endpoint = |of: &str| {
        json!({"vpc_id": "vpc-1", "service_name": "s3", "endpoint_type": of, "route_table_ids": [], "subnet_ids": [],
            "security_group_ids": [], "private_dns_enabled": false})
    };
    let nodes = [("s3", "ec2:VPCEndpoint", endpoint("Gateway")), ("ecr", "ec2:VPCEndpoint", endpoint("Interface"))];
    let wanted = Needs::from([(id("vpc", "L-1B52E74A"), 1), (id("vpc", "L-29B6F2EB"), 1)]);
    assert_eq!(needs_of(&kinds(), &graph(&nodes)), wanted);
}

#[test]
fn what_fits_to_the_last_one_fits() {
    assert_eq!(fit(instances(), 2, Some(40), Some(38)), Fit::Fits);
    assert_eq!(fit(instances(), 2, Some(40), Some(39)), Fit::Exceeds);
}

#[test]
fn what_was_not_read_is_unknown_and_no_failure() {
    assert_eq!(fit(instances(), 2, Some(40), None), Fit::Unknown);
    let preflight = Preflight::new(&kinds(), &Needs::from([(instances(), 2)]), &Readings::new());
    assert!(preflight.is_ok());
    assert_eq!(preflight.unknown().count(), 1);
}

#[test]
fn a_need_beyond_the_whole_limit_exceeds_it_whatever_is_used() {
    assert_eq!(fit(instances(), 41, Some(40), None), Fit::Exceeds);
}

#[test]
fn where_the_limit_was_not_read_what_fits_into_the_default_fits() {
    assert_eq!(fit(instances(), 2, None, Some(38)), Fit::Fits);
}

#[test]
fn a_default_may_have_been_raised_to_nobody_knows_what() {
    assert_eq!(fit(instances(), 2, None, Some(40)), Fit::Unknown);
    assert_eq!(fit(instances(), 41, None, None), Fit::Unknown);
}

#[test]
fn more_than_a_default_is_said_to_be_looked_up() {
    let preflight = Preflight::new(&kinds(), &Needs::from([(on_demand(), 7 * 1024)]), &Readings::new());
    assert_eq!(
        preflight.checks[0].to_string(),
        "unknown  Fargate On-Demand vCPU resource count (fargate): 7 vCPU needed, use not known, limit 6 (AWS's default); \
         see at Service Quotas whether fargate L-3032A538 was raised"
    );
}

#[test]
fn a_default_that_aws_never_raises_is_exceeded() {
    assert_eq!(fit(id("cloudtrail", "trails-per-region"), 1, None, Some(5)), Fit::Exceeds);
    assert_eq!(fit(id("cloudtrail", "trails-per-region"), 1, None, Some(4)), Fit::Fits);
}

#[test]
fn a_full_vpc_does_not_say_that_ours_is_full() {
    let subnets = id("vpc", "L-407747CB");
    assert_eq!(fit(subnets.clone(), 6, Some(200), Some(190)), Fit::Fits);
    assert_eq!(fit(subnets, 6, Some(200), Some(199)), Fit::Unknown);
}

#[test]
fn vcpus_are_compared_exactly() {
    assert_eq!(fit(on_demand(), 1024, Some(6), Some(5)), Fit::Fits);
    assert_eq!(fit(on_demand(), 1025, Some(6), Some(5)), Fit::Exceeds);
}

#[test]
fn a_quota_of_nobody_s_table_is_unknown_without_a_limit() {
    assert_eq!(fit(id("sqs", "L-06F64DD7"), 1, None, Some(1)), Fit::Unknown);
    assert_eq!(fit(id("sqs", "L-06F64DD7"), 1, Some(1), Some(1)), Fit::Exceeds);
}

#[test]
fn an_operator_reads_what_is_short_first_and_what_to_do() {
    let trails = id("cloudtrail", "trails-per-region");
    let needs = Needs::from([(instances(), 1), (on_demand(), 768), (storage(), 50), (trails.clone(), 1)]);
    let mut readings = readings(instances(), Some(40), Some(40));
    readings.insert(storage(), QuotaReading { limit: Some(100_000), used: Some(1200) });
    readings.insert(trails, QuotaReading { limit: None, used: Some(5) });
    let text = Preflight::new(&kinds(), &needs, &readings).to_string();
    assert_eq!(
        text,
        "Quotas: 1 fit, 2 exceeded, 1 unknown\n  \
         EXCEEDS  Trails per Region (cloudtrail): 1 needed, 5 used, limit 5 (AWS's default); AWS does not raise it: \
         remove what is not needed, or use another account or region\n  \
         EXCEEDS  DB instances (rds): 1 needed, 40 used, limit 40; request an increase of rds L-7B6409FD at Service \
         Quotas, or remove what is not needed\n  \
         unknown  Fargate On-Demand vCPU resource count (fargate): 0.75 vCPU needed, use not known, limit 6 (AWS's \
         default)\n  \
         fits     Total storage for all DB instances (rds): 50 GiB needed, 1200 used, limit 100000"
    );
}

#[test]
fn room_ends_at_the_quota_that_is_met_first() {
    let groups = id("rds", "L-48C6BF61");
    let needs = Needs::from([(instances(), 1), (groups.clone(), 1), (on_demand(), 768)]);
    let mut readings = readings(groups.clone(), Some(50), Some(6));
    readings.insert(instances(), QuotaReading { limit: Some(100), used: Some(6) });
    readings.insert(on_demand(), QuotaReading { limit: Some(100), used: Some(5) });
    let capacity = Capacity::new(&kinds(), &BTreeMap::from([(Tier::trial(), needs)]), &readings);
    assert_eq!(capacity.to_string(), "trial: 44 more, then \"DB subnet groups\" (limit 50)");
    assert_eq!(capacity.tiers[&Tier::trial()].as_ref().unwrap().quota, groups);
}

#[test]
fn room_counts_parts_of_a_vcpu() {
    let needs = BTreeMap::from([(Tier::trial(), Needs::from([(on_demand(), 768)]))]);
    let capacity = Capacity::new(&kinds(), &needs, &readings(on_demand(), Some(6), Some(0)));
    assert_eq!(capacity.tiers[&Tier::trial()].as_ref().unwrap().tenants, 8);
}

#[test]
fn room_without_readings_says_what_it_rests_on() {
    let needs = BTreeMap::from([(Tier::trial(), Needs::from([(instances(), 1)])), (Tier::standard(), Needs::new())]);
    let capacity = Capacity::new(&kinds(), &needs, &Readings::new());
    assert_eq!(
        capacity.to_string(),
        "standard: no limit known\ntrial: at most 40 more, then \"DB instances\" (limit 40, AWS's default)"
    );
}

#[tokio::test]
async fn readings_are_asked_for_by_id() {
    let cloud = crate::sim::SimCloud::new(1);
    let read = read(&cloud, [&instances(), &storage()]).await;
    assert_eq!(read.keys().cloned().collect::<Vec<_>>(), [storage(), instances()]);
}
