use std::collections::BTreeMap;

use super::*;
use crate::model::Outputs;
use crate::model::Ownership;

fn matches(graph: &Graph, candidates: &[Candidate]) -> Matches {
    match_nodes(&Kinds::standard(), graph, candidates, &BTreeMap::new())
}

/// The physical id that was found for each node.
fn ids(matches: &Matches) -> Vec<(&str, &str)> {
    matches.matched.iter().map(|(node, found)| (node.as_str(), found.physical_id.as_str())).collect()
}

fn options<'a>(matches: &'a Matches, node: &str) -> Vec<&'a str> {
    matches.ambiguous[&id(node)].iter().map(|candidate| candidate.physical_id.as_str()).collect()
}

fn unused(matches: &Matches) -> Vec<&str> {
    matches.unused.iter().map(|candidate| candidate.physical_id.as_str()).collect()
}

fn vpc(range: &str) -> Value {
    json!({ "cidr_block": range, "enable_dns_support": true, "enable_dns_hostnames": true })
}

fn owned(candidate: Candidate, tenant: &str, node: &str) -> Candidate {
    let key = crate::model::ids::TenantKey::new("dev".parse().unwrap(), tenant.parse().unwrap());
    Candidate { tags: Ownership(key.node(id(node))).tags(), ..candidate }
}

#[test]
fn a_given_id_is_stronger_than_a_name() {
    let graph = graph(&[("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let given = Candidate { node: Some(id("vpc")), ..found("ec2:VPC", "vpc-2") };
    let matches = matches(&graph, &[tagged("ec2:VPC", "vpc-1", "mate-dev-vpc"), given]);
    assert_eq!(ids(&matches), [("vpc", "vpc-2")]);
    assert_eq!(matches.because[&id("vpc")], Evidence::Given);
    assert_eq!(unused(&matches), ["vpc-1"]);
}

#[test]
fn an_object_that_was_given_for_one_node_stands_for_no_other() {
    let graph = graph(&[("a", "ec2:EIP", json!({})), ("b", "ec2:EIP", json!({}))]);
    let mut given = tagged("ec2:EIP", "eipalloc-1", "mate-dev-b");
    given.node = Some(id("a"));
    let matches = matches(&graph, &[given]);
    assert_eq!(ids(&matches), [("a", "eipalloc-1")]);
    assert_eq!(matches.missing, [id("b")]);
}

#[test]
fn a_name_is_stronger_than_what_is_alike() {
    let graph = graph(&[("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let alike = hinted("ec2:VPC", "vpc-1", &[("cidr_block", "10.0.0.0/16")]);
    let matches = matches(&graph, &[alike, tagged("ec2:VPC", "vpc-2", "mate-dev-vpc")]);
    assert_eq!(ids(&matches), [("vpc", "vpc-2")]);
    assert_eq!(matches.because[&id("vpc")], Evidence::Named);
}

#[test]
fn two_of_one_name_are_told_apart_by_what_is_alike() {
    let graph = graph(&[("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let one = |id: &str, range: &str| Candidate {
        tags: [("Name".to_owned(), "mate-dev-vpc".to_owned())].into(),
        ..hinted("ec2:VPC", id, &[("cidr_block", range)])
    };
    let matches = matches(&graph, &[one("vpc-1", "10.1.0.0/16"), one("vpc-2", "10.0.0.0/16")]);
    assert_eq!(ids(&matches), [("vpc", "vpc-2")]);
}

#[test]
fn two_that_are_equal_are_ambiguous_with_both_named() {
    let graph = graph(&[("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let one = |id: &str| hinted("ec2:VPC", id, &[("cidr_block", "10.0.0.0/16")]);
    let matches = matches(&graph, &[one("vpc-2"), one("vpc-1")]);
    assert_eq!(options(&matches, "vpc"), ["vpc-1", "vpc-2"]);
    assert!(matches.matched.is_empty() && matches.unused.is_empty() && matches.missing.is_empty());
}

#[test]
fn an_object_that_two_nodes_want_alike_is_ambiguous_for_both() {
    let inputs = json!({ "domain_name": "*.mate.sociant.ai" });
    let graph = graph(&[("a", "acm:Certificate", inputs.clone()), ("b", "acm:Certificate", inputs)]);
    let arn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    let matches = matches(&graph, &[hinted("acm:Certificate", arn, &[("domain_name", "*.mate.sociant.ai")])]);
    assert_eq!((options(&matches, "a"), options(&matches, "b")), (vec![arn], vec![arn]));
}

#[test]
fn what_is_ambiguous_is_not_given_to_another_on_weaker_evidence() {
    let graph = graph(&[("a", "ec2:VPC", vpc("10.0.0.0/16")), ("b", "ec2:VPC", vpc("10.1.0.0/16"))]);
    let one = |id: &str| Candidate {
        tags: [("Name".to_owned(), "mate-dev-a".to_owned())].into(),
        ..hinted("ec2:VPC", id, &[("cidr_block", "10.1.0.0/16")])
    };
    let matches = matches(&graph, &[one("vpc-1"), one("vpc-2")]);
    assert_eq!(options(&matches, "a"), ["vpc-1", "vpc-2"]);
    assert_eq!(matches.missing, [id("b")]);
}

#[test]
fn the_only_object_of_a_kind_stands_for_its_only_node() {
    let graph = graph(&[("cluster", "ecs:Cluster", json!({}))]);
    let arn = "arn:aws:ecs:us-east-1:123456789012:cluster/legacy";
    let matches = matches(&graph, &[found("ecs:Cluster", arn)]);
    assert_eq!(ids(&matches), [("cluster", arn)]);
    assert_eq!(matches.because[&id("cluster")], Evidence::OnlyOne);
}

#[test]
fn the_only_object_that_differs_stands_for_nothing() {
    let graph = graph(&[("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let matches = matches(&graph, &[hinted("ec2:VPC", "vpc-1", &[("cidr_block", "172.16.0.0/16")])]);
    assert_eq!((matches.missing.as_slice(), unused(&matches)), ([id("vpc")].as_slice(), vec!["vpc-1"]));
}

#[test]
fn one_object_without_a_name_for_two_nodes_is_not_guessed() {
    let graph = graph(&[("a", "ec2:EIP", json!({})), ("b", "ec2:EIP", json!({}))]);
    let matches = matches(&graph, &[found("ec2:EIP", "eipalloc-1")]);
    assert_eq!((options(&matches, "a"), options(&matches, "b")), (vec!["eipalloc-1"], vec!["eipalloc-1"]));
}

#[test]
fn objects_of_other_names_leave_a_node_missing() {
    let graph = graph(&[("data", "s3:Bucket", json!({}))]);
    let matches = matches(&graph, &[found("s3:Bucket", "terraform-state"), found("s3:Bucket", "website")]);
    assert_eq!(matches.missing, [id("data")]);
    assert_eq!(unused(&matches), ["terraform-state", "website"]);
}

#[test]
fn what_belongs_to_somebody_else_is_never_taken() {
    let mut graph = graph(&[("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let key = crate::model::ids::TenantKey::new("dev".parse().unwrap(), "acme".parse().unwrap());
    graph.get_mut(&id("vpc")).unwrap().tags = Ownership(key.node(id("vpc"))).tags();
    let candidate = hinted("ec2:VPC", "vpc-1", &[("cidr_block", "10.0.0.0/16")]);
    let of_another_tenant = matches(&graph, &[owned(candidate.clone(), "other", "vpc")]);
    assert_eq!((of_another_tenant.missing.len(), unused(&of_another_tenant)), (1, vec!["vpc-1"]));
    let of_another_node = matches(&graph, &[owned(candidate.clone(), "acme", "vpc-2")]);
    assert_eq!(of_another_node.missing.len(), 1);
    let ours = matches(&graph, &[owned(candidate, "acme", "vpc")]);
    assert_eq!(ours.because[&id("vpc")], Evidence::Owned);
}

#[test]
fn a_namesake_in_another_place_is_another_object() {
    let graph = graph(&[("db", "ec2:SecurityGroup", json!({ "vpc_id": "vpc-1" }))]);
    let group = |id: &str, vpc: &str| Candidate {
        name: Some("mate-dev-db".to_owned()),
        ..hinted("ec2:SecurityGroup", id, &[("vpc_id", vpc)])
    };
    let matches = matches(&graph, &[group("sg-2", "vpc-2"), group("sg-1", "vpc-1")]);
    assert_eq!((ids(&matches), unused(&matches)), (vec![("db", "sg-1")], vec!["sg-2"]));
}

#[test]
fn references_are_resolved_by_what_was_found_for_other_nodes() {
    let listener = json!({ "load_balancer_arn": reference("alb", "arn"), "port": 443 });
    let graph = graph(&[("alb", "elbv2:LoadBalancer", json!({})), ("https", "elbv2:Listener", listener)]);
    let alb = |name: &str| {
        let arn = format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/{name}/50dc");
        found("elbv2:LoadBalancer", &arn)
    };
    let listener = |id: &str, alb: &Candidate, port: &str| {
        hinted("elbv2:Listener", id, &[("load_balancer_arn", &alb.physical_id), ("port", port)])
    };
    let (ours, other) = (alb("mate-dev-alb"), alb("other"));
    let candidates =
        [listener("l-1", &other, "443"), listener("l-2", &ours, "80"), listener("l-3", &ours, "443"), other, ours];
    let matches = matches(&graph, &candidates);
    assert_eq!(matches.matched[&id("https")].physical_id, "l-3");
    assert_eq!(matches.because[&id("https")], Evidence::Alike);
}

#[test]
fn a_part_of_what_is_missing_is_missing_too() {
    let listener = json!({ "load_balancer_arn": reference("alb", "arn"), "port": 443 });
    let graph = graph(&[("alb", "elbv2:LoadBalancer", json!({})), ("https", "elbv2:Listener", listener)]);
    let matches =
        matches(&graph, &[hinted("elbv2:Listener", "l-1", &[("load_balancer_arn", "other"), ("port", "443")])]);
    assert_eq!(matches.missing, [id("alb"), id("https")]);
    assert_eq!(unused(&matches), ["l-1"]);
}

#[test]
fn what_was_seen_counts_more_than_what_a_source_told() {
    let graph = graph(&[("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let candidates = [hinted("ec2:VPC", "vpc-1", &[("cidr_block", "10.0.0.0/16")]), found("ec2:VPC", "vpc-2")];
    let seen = |range: &str| Seen { inputs: vpc(range), outputs: Outputs::new() };
    let live = BTreeMap::from([
        ((kind("ec2:VPC"), "vpc-1".to_owned()), seen("10.9.0.0/16")),
        ((kind("ec2:VPC"), "vpc-2".to_owned()), seen("10.0.0.0/16")),
    ]);
    assert_eq!(ids(&match_nodes(&Kinds::standard(), &graph, &candidates, &live)), [("vpc", "vpc-2")]);
}

#[test]
fn a_route_table_is_known_by_its_subnets_in_any_order() {
    let inputs = json!({ "vpc_id": "vpc-1", "routes": [], "subnet_ids": ["subnet-1", "subnet-2"] });
    let graph = graph(&[("private", "ec2:RouteTable", inputs)]);
    let seen = |subnets: Value| Seen {
        inputs: json!({ "vpc_id": "vpc-1", "routes": [], "subnet_ids": subnets }),
        outputs: Outputs::new(),
    };
    let table = |id: &str| (kind("ec2:RouteTable"), id.to_owned());
    let live = BTreeMap::from([
        (table("rtb-1"), seen(json!([]))),
        (table("rtb-2"), seen(json!(["subnet-2", "subnet-1"]))),
        (table("rtb-3"), seen(json!(["subnet-2"]))),
    ]);
    let candidates = ["rtb-1", "rtb-2", "rtb-3"].map(|id| found("ec2:RouteTable", id));
    assert_eq!(ids(&match_nodes(&Kinds::standard(), &graph, &candidates, &live)), [("private", "rtb-2")]);
}

#[test]
fn one_object_from_two_sources_is_one_object() {
    let graph = graph(&[("cluster", "ecs:Cluster", json!({})), ("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let arn = "arn:aws:ecs:us-east-1:123456789012:cluster/legacy";
    let candidates = [
        found("ecs:Cluster", "legacy"),
        found("ecs:Cluster", arn),
        Candidate { origin: "data.aws_vpc.main".into(), ..found("ec2:VPC", "vpc-1") },
        Candidate { origin: "vpc_id".into(), ..hinted("ec2:VPC", "vpc-1", &[("cidr_block", "10.0.0.0/16")]) },
    ];
    let matches = matches(&graph, &candidates);
    assert_eq!(ids(&matches), [("cluster", arn), ("vpc", "vpc-1")]);
    assert_eq!(matches.matched[&id("vpc")].origin, "data.aws_vpc.main, vpc_id");
    assert!(matches.unused.is_empty());
}

#[test]
fn a_key_is_found_by_any_of_its_aliases() {
    let graph = graph(&[("key", "kms:Key", json!({ "alias": "alias/mate-dev" }))]);
    let key = |id: &str, alias: &str| hinted("kms:Key", id, &[("alias", alias)]);
    let candidates = [key("key/1", "alias/old"), key("key/1", "alias/mate-dev"), key("key/2", "alias/other")];
    assert_eq!(ids(&matches(&graph, &candidates)), [("key", "key/1")]);
}

#[test]
fn of_the_revisions_of_a_task_definition_the_latest_is_taken() {
    let graph = graph(&[("web", "ecs:TaskDefinition", json!({}))]);
    let revision = |n: u8| {
        found("ecs:TaskDefinition", &format!("arn:aws:ecs:us-east-1:123456789012:task-definition/mate-dev-web:{n}"))
    };
    let matches = matches(&graph, &[revision(9), revision(10), revision(2)]);
    assert_eq!(matches.matched[&id("web")], revision(10));
    assert_eq!(matches.unused.len(), 2);
}

#[test]
fn names_that_aws_keeps_in_lower_case_are_compared_so() {
    let graph = graph(&[("db", "rds:DBInstance", json!({})), ("logs", "s3:Bucket", json!({}))]);
    let candidates = [
        found("rds:DBInstance", "Mate-Dev-DB"),
        found("rds:DBInstance", "other"),
        found("s3:Bucket", "Mate-Dev-Logs"),
        found("s3:Bucket", "other"),
    ];
    let matches = matches(&graph, &candidates);
    assert_eq!(ids(&matches), [("db", "Mate-Dev-DB")]);
    assert_eq!(matches.missing, [id("logs")]);
}

#[test]
fn an_operator_reads_what_was_found_and_what_has_to_be_decided() {
    let graph = graph(&[
        ("address", "ec2:EIP", json!({})),
        ("bucket", "s3:Bucket", json!({})),
        ("cluster", "ecs:Cluster", json!({})),
        ("vpc", "ec2:VPC", vpc("10.0.0.0/16")),
    ]);
    let state = |candidate: Candidate, origin: &str| Candidate { origin: origin.to_owned(), ..candidate };
    let candidates = [
        state(tagged("ec2:VPC", "vpc-1", "mate-dev-vpc"), "module.vpc.aws_vpc.this[0]"),
        state(tagged("ec2:EIP", "eipalloc-1", "nat\u{1b}[2J"), "aws_eip.nat[0]"),
        found("ec2:EIP", "eipalloc-2"),
        found("ecs:Cluster", "legacy"),
        found("s3:Bucket", "one"),
        found("s3:Bucket", "two"),
    ];
    assert_eq!(
        matches(&graph, &candidates).to_string(),
        "\
Found 2 of 4
  = cluster  ecs:Cluster legacy, it is the only one of its kind: please check
  = vpc      ec2:VPC vpc-1 \"mate-dev-vpc\" (module.vpc.aws_vpc.this[0]), it has the name
Ambiguous 1: say by its id which it is
  ? address  ec2:EIP
      eipalloc-1 \"nat\\u{1b}[2J\" (aws_eip.nat[0])
      eipalloc-2
Missing 1: nothing stands for
  + bucket
Not used 2
    s3:Bucket one
    s3:Bucket two
"
    );
}

#[test]
fn matches_survive_the_wire() {
    let graph = graph(&[("address", "ec2:EIP", json!({})), ("vpc", "ec2:VPC", vpc("10.0.0.0/16"))]);
    let candidates = ["eipalloc-1", "eipalloc-2"].map(|id| found("ec2:EIP", id));
    let matches = matches(&graph, &candidates);
    let wire = serde_json::to_string(&matches).unwrap();
    assert_eq!(serde_json::from_str::<Matches>(&wire).unwrap(), matches);
}
