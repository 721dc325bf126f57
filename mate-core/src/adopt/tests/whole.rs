//! A graph of every kind, and the objects that it would have been made into.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::forms::facet;
use super::*;
use crate::model::Ownership;
use crate::model::{Outputs, references, resolve};
use crate::proof::conformance::{sample_base, sample_graph, sample_tenant};

/// A platform with two zones: every kind that a tenant's graph does not have.
fn platform() -> Graph {
    let subnet = |range: &str, zone: &str| json!({ "vpc_id": reference("vpc", "vpc_id"), "cidr_block": range, "availability_zone": zone });
    let nat = |n: u8| {
        json!({
            "subnet_id": reference(&format!("public-{n}"), "subnet_id"),
            "allocation_id": reference(&format!("address-{n}"), "allocation_id"),
            "after": [reference("gateway", "internet_gateway_id")],
        })
    };
    let table = |subnet: &str, target: Value| {
        json!({
            "vpc_id": reference("vpc", "vpc_id"),
            "routes": [{ "destination_cidr_block": "0.0.0.0/0", "target": target }],
            "subnet_ids": [reference(subnet, "subnet_id")],
        })
    };
    let endpoint = |service: &str, sort: &str| json!({ "vpc_id": reference("vpc", "vpc_id"), "service_name": service, "endpoint_type": sort });
    graph(&[
        ("vpc", "ec2:VPC", json!({ "cidr_block": "10.0.0.0/16" })),
        ("public-1", "ec2:Subnet", subnet("10.0.0.0/24", "us-east-1a")),
        ("public-2", "ec2:Subnet", subnet("10.0.1.0/24", "us-east-1b")),
        ("private-1", "ec2:Subnet", subnet("10.0.8.0/24", "us-east-1a")),
        ("private-2", "ec2:Subnet", subnet("10.0.9.0/24", "us-east-1b")),
        ("gateway", "ec2:InternetGateway", json!({ "vpc_id": reference("vpc", "vpc_id") })),
        ("address-1", "ec2:EIP", json!({})),
        ("address-2", "ec2:EIP", json!({})),
        ("nat-1", "ec2:NatGateway", nat(1)),
        ("nat-2", "ec2:NatGateway", nat(2)),
        (
            "public-routes",
            "ec2:RouteTable",
            table("public-1", json!({ "internet_gateway": reference("gateway", "internet_gateway_id") })),
        ),
        (
            "routes-1",
            "ec2:RouteTable",
            table("private-1", json!({ "nat_gateway": reference("nat-1", "nat_gateway_id") })),
        ),
        (
            "routes-2",
            "ec2:RouteTable",
            table("private-2", json!({ "nat_gateway": reference("nat-2", "nat_gateway_id") })),
        ),
        ("s3-endpoint", "ec2:VPCEndpoint", endpoint("com.amazonaws.us-east-1.s3", "Gateway")),
        ("ecr-endpoint", "ec2:VPCEndpoint", endpoint("com.amazonaws.us-east-1.ecr.api", "Interface")),
        (
            "flow-log",
            "ec2:FlowLog",
            json!({ "vpc_id": reference("vpc", "vpc_id"), "traffic_type": "ALL", "log_group_name": "/vpc/mate-dev" }),
        ),
        ("key", "kms:Key", json!({ "alias": "alias/mate-dev" })),
        ("cluster", "ecs:Cluster", json!({ "container_insights": true })),
        ("django", "ecr:Repository", json!({})),
        ("celery", "ecr:Repository", json!({})),
        ("zone", "route53:HostedZone", json!({ "domain": "mate.sociant.ai" })),
        (
            "certificate",
            "acm:Certificate",
            json!({ "domain_name": "*.mate.sociant.ai", "hosted_zone_id": reference("zone", "hosted_zone_id") }),
        ),
        ("pool", "cognito-idp:UserPool", json!({})),
        (
            "pool-domain",
            "cognito-idp:UserPoolDomain",
            json!({ "user_pool_id": reference("pool", "user_pool_id"), "domain": "mate-dev-auth" }),
        ),
        ("web-acl", "wafv2:WebACL", json!({})),
        ("trail", "cloudtrail:Trail", json!({ "s3_bucket_name": "mate-dev-audit" })),
    ])
}

fn tenant() -> Graph {
    let base = sample_base();
    let mut graph = sample_graph(&base, &sample_tenant(&base).tenant);
    // Somebody else made what is adopted: it carries no ownership tags.
    let nodes: Vec<NodeId> = graph.nodes().map(|node| node.id.clone()).collect();
    for node in nodes {
        graph.get_mut(&node).unwrap().tags.retain(|key, _| !Ownership::KEYS.contains(&key.as_str()));
    }
    graph
}

/// The naming scheme of the objects.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    /// As the nodes, where AWS lets an object have a name or tags.
    Equal,
    /// Objects that AWS knows by opaque ids carry no tag `Name`.
    Untagged,
}

type Live = BTreeMap<(KindName, String), Seen>;

/// The objects that the graph would have been made into, each with its node.
fn exact(graph: &Graph, names: Names) -> (Vec<(NodeId, Candidate)>, Live) {
    let kinds = Kinds::standard();
    let mut known: BTreeMap<NodeId, Outputs> = BTreeMap::new();
    let (mut candidates, mut live) = (Vec::new(), Live::new());
    for (serial, id) in graph.order().unwrap().into_iter().enumerate() {
        let node = graph.get(&id).unwrap();
        let model = kinds.get(&node.kind).unwrap();
        let inputs = resolve(&node.inputs, &known);
        let physical_id = physical_id(node, &inputs, serial);
        let mut outputs: Outputs = model
            .outputs
            .iter()
            .map(|output| {
                let value = inputs.get(*output).filter(|value| value.is_string()).cloned();
                ((*output).to_owned(), value.unwrap_or_else(|| json!(format!("{physical_id}/{output}"))))
            })
            .collect();
        outputs.extend(
            facet(&Kinds::standard(), &node.kind)
                .outputs_of(&physical_id, name_of(&Kinds::standard(), &node.kind, &physical_id).as_deref()),
        );
        let mut candidate = Candidate::new(&Kinds::standard(), node.kind.clone(), &physical_id, format!("made.{id}"));
        if model.taggable && names == Names::Equal {
            candidate.tags.insert("Name".to_owned(), node.name.clone());
        }
        live.insert((node.kind.clone(), physical_id), Seen { inputs, outputs: outputs.clone() });
        known.insert(id.clone(), outputs);
        candidates.push((id, candidate));
    }
    (candidates, live)
}

/// An id of the form that the kind has.
fn physical_id(node: &Node, inputs: &Value, serial: usize) -> String {
    let text = |field: &str| inputs[field].as_str().unwrap();
    let name = &node.name;
    let arn = |service: &str, resource: String| format!("arn:aws:{service}:us-east-1:123456789012:{resource}");
    let elb = |resource: String| arn("elasticloadbalancing", resource);
    match node.kind.as_str() {
        "acm:Certificate" => arn("acm", format!("certificate/{serial}")),
        "application-autoscaling:ScalableTarget" => text("resource_id").to_owned(),
        "application-autoscaling:ScalingPolicy" => {
            arn("autoscaling", format!("scalingPolicy:{serial}:resource/ecs/{}:policyName/{name}", text("resource_id")))
        }
        "cloudtrail:Trail" => arn("cloudtrail", format!("trail/{name}")),
        "cognito-idp:IdentityProvider" => format!("{}/{name}", text("user_pool_id")),
        "cognito-idp:UserPool" => format!("us-east-1_{serial}"),
        "cognito-idp:UserPoolDomain" => text("domain").to_owned(),
        "ecs:Cluster" => arn("ecs", format!("cluster/{name}")),
        "ecs:Service" => arn("ecs", format!("service/{}/{name}", text("cluster"))),
        "ecs:TaskDefinition" => arn("ecs", format!("task-definition/{name}:{serial}")),
        "elbv2:Listener" => elb(format!("listener/app/alb/1/{serial}")),
        "elbv2:ListenerRule" => elb(format!("listener-rule/app/alb/1/2/{serial}")),
        "elbv2:LoadBalancer" => elb(format!("loadbalancer/app/{name}/{serial}")),
        "elbv2:TargetGroup" => elb(format!("targetgroup/{name}/{serial}")),
        "iam:Role" => format!("arn:aws:iam::123456789012:role/{name}"),
        "kms:Key" => arn("kms", format!("key/{serial}")),
        "logs:LogGroup" => arn("logs", format!("log-group:{name}")),
        "route53:RecordSet" => format!("{}/{}/A", text("hosted_zone_id"), text("record_name")),
        "secretsmanager:Secret" => arn("secretsmanager", format!("secret:{name}-aB3d5F")),
        "wafv2:WebACL" => arn("wafv2", format!("regional/webacl/{name}/{serial}")),
        "wafv2:WebACLAssociation" => text("resource_arn").to_owned(),
        of if ["ec2:", "efs:", "route53:"].iter().any(|service| of.starts_with(service)) => format!("id-{serial:08}"),
        _ => name.clone(),
    }
}

fn expected(candidates: &[(NodeId, Candidate)]) -> BTreeMap<NodeId, String> {
    candidates.iter().map(|(node, candidate)| (node.clone(), candidate.physical_id.clone())).collect()
}

fn told(matches: &Matches) -> BTreeMap<NodeId, String> {
    matches.matched.iter().map(|(node, found)| (node.clone(), found.physical_id.clone())).collect()
}

fn shuffled(candidates: &[(NodeId, Candidate)], order: &[prop::sample::Index]) -> Vec<Candidate> {
    let mut left: Vec<Candidate> = candidates.iter().map(|(_, candidate)| candidate.clone()).collect();
    let mut mixed = Vec::new();
    for index in order.iter().cycle() {
        if left.is_empty() {
            break;
        }
        mixed.push(left.remove(index.index(left.len())));
    }
    mixed
}

/// The nodes that are only known as parts of `gone`: of kinds without a name and without tags.
fn parts(graph: &Graph, gone: &NodeId) -> BTreeSet<NodeId> {
    let is_part = |node: &&Node| {
        let keys = facet(&Kinds::standard(), &node.kind).keys.iter().filter_map(|field| node.inputs.get(*field));
        let nameless = ["efs:MountTarget", "sns:Subscription", "wafv2:WebACLAssociation"].contains(&node.kind.as_str());
        nameless && keys.flat_map(references).any(|reference| reference.node == *gone)
    };
    graph.nodes().filter(is_part).map(|node| node.id.clone()).collect()
}

#[test]
fn together_the_graphs_have_every_kind() {
    let (platform, tenant) = (platform(), tenant());
    let used: BTreeSet<&KindName> = platform.nodes().chain(tenant.nodes()).map(|node| &node.kind).collect();
    let kinds = Kinds::standard();
    assert_eq!(used, kinds.iter().map(|model| &model.name).collect());
}

#[test]
fn a_network_is_found_without_any_name() {
    let graph = platform();
    let (candidates, live) = exact(&graph, Names::Untagged);
    let all: Vec<Candidate> = candidates.iter().map(|(_, candidate)| candidate.clone()).collect();
    let matches = match_nodes(&Kinds::standard(), &graph, &all, &live);
    assert_eq!(told(&matches), expected(&candidates), "{matches}");
}

#[test]
fn without_one_object_exactly_its_node_is_missing() {
    for graph in [platform(), tenant()] {
        let (candidates, live) = exact(&graph, Names::Equal);
        for (gone, _) in &candidates {
            let left: Vec<(NodeId, Candidate)> = candidates.iter().filter(|(node, _)| node != gone).cloned().collect();
            let all: Vec<Candidate> = left.iter().map(|(_, candidate)| candidate.clone()).collect();
            let matches = match_nodes(&Kinds::standard(), &graph, &all, &live);
            let mut missing = parts(&graph, gone);
            let mut found = expected(&left);
            found.retain(|node, _| !missing.contains(node));
            missing.insert(gone.clone());
            assert_eq!(matches.missing.iter().cloned().collect::<BTreeSet<_>>(), missing, "without {gone}: {matches}");
            assert_eq!(told(&matches), found, "without {gone}: {matches}");
            assert!(matches.ambiguous.is_empty(), "without {gone}: {matches}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn exact_objects_are_found_completely_whatever_their_order(
        of_tenant in any::<bool>(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let graph = if of_tenant { tenant() } else { platform() };
        let (candidates, live) = exact(&graph, Names::Equal);
        let matches = match_nodes(&Kinds::standard(), &graph, &shuffled(&candidates, &order), &live);
        prop_assert_eq!(told(&matches), expected(&candidates), "{}", matches);
        prop_assert!(matches.missing.is_empty() && matches.ambiguous.is_empty() && matches.unused.is_empty());
    }

    #[test]
    fn the_order_of_the_candidates_means_nothing(
        gone in any::<prop::sample::Index>(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let graph = platform();
        // Without names and with something missing, much is ambiguous.
        let (mut candidates, live) = exact(&graph, Names::Untagged);
        candidates.remove(gone.index(candidates.len()));
        let sorted: Vec<Candidate> = candidates.iter().map(|(_, candidate)| candidate.clone()).collect();
        let matches = match_nodes(&Kinds::standard(), &graph, &sorted, &live);
        prop_assert_eq!(match_nodes(&Kinds::standard(), &graph, &shuffled(&candidates, &order), &live), matches);
    }

    #[test]
    fn an_object_stands_for_one_node_at_most_and_is_never_lost(
        kept in prop::collection::vec(any::<bool>(), 26),
        seen in any::<bool>(),
    ) {
        let graph = platform();
        let (candidates, live) = exact(&graph, Names::Untagged);
        let given: Vec<Candidate> =
            candidates.iter().zip(kept.iter().cycle()).filter(|(_, kept)| **kept).map(|((_, c), _)| c.clone()).collect();
        let matches = match_nodes(&Kinds::standard(), &graph, &given, &if seen { live } else { Live::new() });
        let matched: BTreeSet<&Candidate> = matches.matched.values().collect();
        prop_assert_eq!(matched.len(), matches.matched.len());
        let unsure: BTreeSet<&Candidate> = matches.ambiguous.values().flatten().collect();
        let unused: BTreeSet<&Candidate> = matches.unused.iter().collect();
        prop_assert!(matched.is_disjoint(&unsure) && matched.is_disjoint(&unused) && unsure.is_disjoint(&unused));
        prop_assert_eq!(matched.len() + unsure.len() + unused.len(), given.len());
        prop_assert_eq!(matches.matched.len() + matches.ambiguous.len() + matches.missing.len(), graph.len());
    }
}
