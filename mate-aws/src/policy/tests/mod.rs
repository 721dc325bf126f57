mod golden;
mod simulation;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mate_core::model::Ownership;
use mate_core::model::ids::TenantKey;
use mate_core::model::{FieldImpact, Impact, Kinds};
use mate_core::model::{Graph, Node};
use mate_core::plan::{After, DiffRequest, Observed, OldObject, Purpose, diff};
use mate_core::state::RecordSummary;
use mate_core::vocab::Deletions;
use serde_json::json;

use super::*;

fn key() -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), "acme".parse().unwrap())
}

/// The plan that makes these.
fn plan(nodes: &[(&str, &str, Value)]) -> Plan {
    let kinds = Kinds::standard();
    let mut graph = Graph::new();
    for (id, kind, inputs) in nodes {
        let id: mate_core::model::ids::NodeId = id.parse().unwrap();
        let tags = Ownership(key().node(id.clone())).tags();
        let name = mate_core::model::names::physical(&key(), id.as_str(), 32);
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
    let summary = RecordSummary { display_name: "Acme".into(), tier: "trial".into(), url: "https://acme".into() };
    diff(DiffRequest {
        key: &key(),
        purpose: Purpose::Provision,
        graph: &graph,
        record: None,
        snapshot: &graph.nodes().map(|node| (node.id.clone(), Observed::Absent)).collect(),
        kinds: &kinds,
        deletions: &Deletions::default(),
        after: After { summary, ..After::default() },
        notes: Vec::new(),
    })
    .unwrap()
}

fn log_group() -> (&'static str, &'static str, Value) {
    ("logs", "logs:LogGroup", json!({"retention_days": 7}))
}

fn task_definition(role: Value) -> (&'static str, &'static str, Value) {
    let inputs = json!({"cpu": 256, "memory_mib": 512, "execution_role_arn": role, "task_role_arn": role,
        "containers": [], "volumes": []});
    ("task", "ecs:TaskDefinition", inputs)
}

fn everything() -> ExecutorPolicy {
    let kinds = Kinds::standard();
    ExecutorPolicy::for_kinds(kinds.iter().map(|model| &model.name), &Access::ALL)
}

fn kind(name: &str) -> KindName {
    name.parse().unwrap()
}

fn of(kinds: &[&str], accesses: &[Access]) -> ExecutorPolicy {
    let kinds: Vec<KindName> = kinds.iter().map(|name| kind(name)).collect();
    ExecutorPolicy::for_kinds(&kinds, accesses)
}

/// The resources that a policy allows an action on.
fn resources(policy: &ExecutorPolicy, action: &str) -> Vec<String> {
    let statements = policy.statements().into_iter().filter(|one| one.actions.iter().any(|of| of == action));
    statements.flat_map(|one| one.resources).map(|one| one.get().unwrap().clone()).collect()
}

/// The values of a member that has one or several.
fn several(member: &Value) -> &[Value] {
    member.as_array().map_or(std::slice::from_ref(member), Vec::as_slice)
}

/// Every action with every resource and its condition.
fn pairs(documents: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in documents.iter().flat_map(|document| document["Statement"].as_array().unwrap()) {
        for action in several(&statement["Action"]) {
            for resource in several(&statement["Resource"]) {
                found.insert(format!("{action} {resource} {}", statement["Condition"]));
            }
        }
    }
    found
}

#[test]
fn every_standard_kind_has_actions_for_each_access() {
    for model in Kinds::standard().iter() {
        let stated = drivers::actions(&drivers::all());
        let actions = stated.get(&model.name).unwrap_or_else(|| panic!("no actions for {}", model.name));
        let has = |access| actions.grants.iter().any(|grant| grant.0 == access);
        assert!(has(Access::Read), "{}", model.name);
        assert!(has(Access::Create) || has(Access::Update), "{}", model.name);
        assert!(has(Access::Delete), "{}", model.name);
        let changes = |change| match change {
            FieldImpact::Always(impact) => !matches!(impact, Impact::Replace(_) | Impact::Never(_)),
            FieldImpact::By(_) => true,
        };
        let mutable = model.fields.iter().any(|field| !field.edge_only && changes(field.impact));
        assert!(has(Access::Update) || !(mutable || model.taggable), "{}", model.name);
    }
}

#[test]
fn an_action_is_a_service_and_a_verb() {
    for action in everything().with_preflight().actions() {
        let (service, verb) = action.split_once(':').unwrap();
        assert!(
            service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{action}"
        );
        assert!(verb.starts_with(|first: char| first.is_ascii_uppercase()), "{action}");
        assert!(verb.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{action}");
    }
}

/// The `service:Call` texts in the drivers' sources: what they name in their errors is what they call.
fn calls(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            calls(&path, found);
        } else if !path.ends_with("tests.rs") && !path.ends_with("testing.rs") {
            let source = fs::read_to_string(&path).unwrap();
            let texts = source.split('"').skip(1).step_by(2);
            found.extend(texts.filter(|text| is_call(text)).map(str::to_owned));
        }
    }
}

fn is_call(text: &str) -> bool {
    let verbs = ["Add", "Allocate", "Associate", "Attach", "Authorize", "Change", "Create", "Decrease", "Delete"]
        .into_iter()
        .chain(["Deregister", "Describe", "Detach", "Disable", "Disassociate", "Enable", "Get", "Increase", "List"])
        .chain(["Modify", "Put", "Register", "Release", "Remove", "Replace", "Request", "Reset", "Restore", "Revoke"])
        .chain(["Schedule", "Set", "Start", "Stop", "Subscribe", "Tag", "Unsubscribe", "Untag", "Update", "Cancel"]);
    let Some((service, call)) = text.split_once(':') else { return false };
    let letters =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let verb = |verb: &str| {
        call.strip_prefix(verb)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    // In capitals (`SNS:Publish`) it is an action that a policy allows somebody else.
    let small = !service.bytes().any(|byte| byte.is_ascii_uppercase());
    small && letters(service) && letters(call) && verbs.into_iter().any(verb)
}

#[test]
fn whatever_a_driver_calls_is_among_its_actions() {
    let named_otherwise = BTreeMap::from([
        ("s3:DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
        ("s3:DeleteObjects", "s3:DeleteObject"),
        ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        ("s3:DeleteBucketTagging", "s3:PutBucketTagging"),
        // What drivers call all of an update.
        ("acm:UpdateCertificate", "acm:AddTagsToCertificate"),
        ("cognito-idp:UpdateUserPoolDomain", "cognito-idp:CreateUserPoolDomain"),
        ("ecr:UpdateRepository", "ecr:PutLifecyclePolicy"),
        ("kms:UpdateKey", "kms:UpdateKeyDescription"),
        ("s3:UpdateBucket", "s3:PutBucketPolicy"),
    ]);
    let mut found = BTreeSet::new();
    calls(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/drivers"), &mut found);
    assert!(found.contains("rds:CreateDBInstance"));
    let policy = everything();
    let allowed = policy.actions();
    // What policies of buckets let others do.
    let of_others = ["s3:GetBucketAcl", "s3:PutObject"];
    for call in found.iter().filter(|call| !of_others.contains(&call.as_str())) {
        let action = named_otherwise.get(call.as_str()).copied().unwrap_or(call);
        let action = action.replace("elbv2:", "elasticloadbalancing:").replace("efs:", "elasticfilesystem:");
        assert!(allowed.contains(action.as_str()), "{call} is missing in the actions of its kind");
    }
}

#[test]
fn a_small_plan_has_this_policy() {
    let plan = plan(&[log_group(), ("address", "ec2:EIP", json!({}))]);
    let policy = ExecutorPolicy::for_plan(&plan).at("us-east-1", "123456789012");
    const LOGS: [&str; 2] = [
        "arn:aws:logs:us-east-1:123456789012:log-group:mate-acme-dev-logs",
        "arn:aws:logs:us-east-1:123456789012:log-group:mate-acme-dev-logs:*",
    ];
    let golden = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "ReadAny", "Effect": "Allow", "Resource": "*",
            "Action": ["ec2:DescribeAddresses", "logs:DescribeLogGroups", "logs:ListTagsForResource"]},
        {"Sid": "CreateAny", "Effect": "Allow", "Action": "ec2:AllocateAddress", "Resource": "*"},
        {"Sid": "CreateLogsLogGroup", "Effect": "Allow", "Action": "logs:CreateLogGroup", "Resource": LOGS},
        {"Sid": "CreateTags", "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*",
            "Condition": {"StringEquals": {"ec2:CreateAction": "AllocateAddress"}}},
        {"Sid": "UpdateLogsLogGroup", "Effect": "Allow", "Resource": LOGS,
            "Action": ["logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"]},
        {"Sid": "UpdateTagged", "Effect": "Allow", "Action": ["ec2:CreateTags", "ec2:DeleteTags"], "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/ManagedBy": "mate"}}},
    ]});
    assert_eq!(policy.to_json(), golden, "{:#}", policy.to_json());
}

#[cfg(feature = "eventbridge")]
#[test]
fn events_are_put_on_the_buses_that_are_named_and_on_no_other() {
    let other = "arn:aws:events:eu-west-1:999999999999:event-bus/all";
    let policy = of(&[], &[]).with_event_bus("tenants").with_event_bus(other).at("us-east-1", "123456789012");
    let own = "arn:aws:events:us-east-1:123456789012:event-bus/tenants";
    assert_eq!(resources(&policy, "events:PutEvents"), [other, own]);
    assert_eq!(policy.actions().len(), 1);
}

#[test]
fn the_order_of_kinds_does_not_matter() {
    let kinds = Kinds::standard();
    let names: Vec<&KindName> = kinds.iter().map(|model| &model.name).collect();
    let backwards = ExecutorPolicy::for_kinds(names.iter().rev().copied(), &Access::ALL);
    assert_eq!(backwards.documents(), everything().documents());
}

#[test]
fn every_document_is_within_iam_s_limit_and_together_they_are_the_policy() {
    let policy = everything().with_preflight().at("ap-northeast-1", "123456789012");
    let documents = policy.documents();
    assert!(documents.len() > 1);
    for document in &documents {
        let characters = document.to_string().chars().filter(|character| !character.is_whitespace()).count();
        assert!(characters <= 6144, "{characters}");
    }
    assert_eq!(pairs(&documents), pairs(&[policy.to_json()]));
}

#[test]
fn one_role_takes_the_policy_of_every_kind() {
    assert!(everything().with_preflight().at("ap-northeast-1", "123456789012").documents().len() <= 10);
}

#[test]
fn a_statement_of_many_resources_is_divided() {
    let nodes: Vec<(String, Value)> = (0..120).map(|at| (format!("logs-{at}"), json!({"retention_days": 7}))).collect();
    let nodes: Vec<(&str, &str, Value)> =
        nodes.iter().map(|(id, inputs)| (id.as_str(), "logs:LogGroup", inputs.clone())).collect();
    let mut policy = ExecutorPolicy::for_plan(&plan(&nodes));
    let groups = policy.allowed.keys().flat_map(|scope| scope.resources.clone()).collect();
    policy.allow(Access::Create, "Much", groups, Condition::None, "logs:CreateLogGroup".into());
    let documents = policy.documents();
    assert!(documents.iter().all(|document| document.to_string().len() <= 6144));
    assert_eq!(pairs(&documents), pairs(&[policy.to_json()]));
}

#[test]
fn statements_have_names_of_their_own() {
    for document in everything().with_preflight().documents() {
        let sids: Vec<&str> =
            document["Statement"].as_array().unwrap().iter().map(|one| one["Sid"].as_str().unwrap()).collect();
        assert!(sids.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric())));
        assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len());
    }
}

#[test]
fn a_creation_may_bring_what_is_there_to_the_inputs() {
    let create = of(&["secretsmanager:Secret"], &[Access::Create]);
    for action in ["secretsmanager:CreateSecret", "secretsmanager:UpdateSecret", "secretsmanager:DescribeSecret"] {
        assert!(create.actions().contains(action), "{action}");
    }
    assert!(!create.actions().contains("secretsmanager:DeleteSecret"));
}

#[test]
fn reading_allows_no_change() {
    let kinds = Kinds::standard();
    let policy = ExecutorPolicy::for_kinds(kinds.iter().map(|model| &model.name), &[Access::Read, Access::Discover]);
    for action in policy.actions() {
        let (_, verb) = action.split_once(':').unwrap();
        assert!(["Describe", "Get", "List"].iter().any(|reads| verb.starts_with(reads)), "{action}");
        assert_ne!(action, "secretsmanager:GetSecretValue");
    }
}

#[test]
fn a_deletion_is_narrowed_to_what_goes() {
    let mut plan = plan(&[log_group()]);
    let step = &mut plan.steps[0];
    step.action = Action::Delete;
    step.old = Some(OldObject {
        kind: step.kind.clone(),
        name: "an-older-name".into(),
        physical_id: None,
        inputs: json!({}).into(),
        tags: Default::default(),
    });
    let policy = ExecutorPolicy::for_plan(&plan).at("eu-west-1", "1");
    let groups = ["log-group:an-older-name", "log-group:an-older-name:*"]
        .map(|group| format!("arn:aws:logs:eu-west-1:1:{group}"));
    assert_eq!(resources(&policy, "logs:DeleteLogGroup"), groups);
    assert!(!policy.actions().contains("logs:CreateLogGroup"));
}

#[test]
fn a_destruction_may_look_for_what_is_left() {
    let mut plan = plan(&[log_group()]);
    plan.goal = Goal::Destroy;
    let policy = ExecutorPolicy::for_plan(&plan);
    assert!(["tag:GetResources", "iam:ListRoles"].iter().all(|action| policy.actions().contains(action)));
}

#[test]
fn roles_are_handed_only_to_the_service_that_takes_them() {
    let arn = "arn:aws:iam::123456789012:role/ours";
    let policy = ExecutorPolicy::for_plan(&plan(&[task_definition(json!(arn))])).at("us-east-1", "123456789012");
    let wanted = ["arn:aws:iam::123456789012:role/mate/*", arn];
    let passed: BTreeSet<String> = resources(&policy, "iam:PassRole").into_iter().collect();
    assert_eq!(passed, wanted.map(str::to_owned).into());
    for statement in policy.statements().iter().filter(|one| one.actions.contains(&"iam:PassRole".to_owned())) {
        assert_eq!(
            json!(statement.conditions),
            json!({"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}})
        );
    }
}

#[test]
fn a_key_is_used_only_through_the_service_it_is_for() {
    let policy = of(&["rds:DBInstance"], &[Access::Create]).at("us-east-1", "1");
    let keys = policy.statements().into_iter().filter(|one| one.actions.contains(&"kms:Decrypt".to_owned()));
    let services: Vec<Value> = keys.map(|one| json!(one.conditions["StringLike"]["kms:ViaService"])).collect();
    assert_eq!(services, [json!(["rds.us-east-1.amazonaws.com"]), json!(["secretsmanager.us-east-1.amazonaws.com"])]);
}

#[test]
fn other_partitions_have_arns_of_their_own() {
    let bucket = of(&["s3:Bucket"], &[Access::Delete]).at("cn-north-1", "1");
    assert_eq!(resources(&bucket, "s3:DeleteBucket"), ["arn:aws-cn:s3:::mate-*"]);
    let gateway = of(&["ecs:Cluster"], &[Access::Delete]).at("us-gov-west-1", "1");
    assert_eq!(resources(&gateway, "ecs:DeleteCluster"), ["arn:aws-us-gov:ecs:us-gov-west-1:1:cluster/mate-*"]);
}

#[test]
fn what_is_adopted_does_not_carry_the_tag_yet() {
    let policy = everything();
    assert!(policy.to_json().to_string().contains("aws:ResourceTag"));
    let adopting = policy.clone().without_tag_conditions();
    assert!(!adopting.to_json().to_string().contains("aws:ResourceTag"));
    assert_eq!(adopting.actions(), policy.actions());
}

#[test]
fn a_kind_that_nobody_knows_is_named() {
    let policy = of(&["sqs:Queue", "logs:LogGroup"], &[Access::Create]);
    assert_eq!(policy.unknown_kinds(), &BTreeSet::from([kind("sqs:Queue")]));
}
