use super::*;

const STATE: &str = include_str!("state.json");

fn listing(state: &str) -> Listing {
    match AdoptionSource::terraform_state(state).unwrap() {
        AdoptionSource::Listing(listing) => listing,
        other => panic!("{other:?}"),
    }
}

fn at(origin: &str) -> Candidate {
    let listing = listing(STATE);
    listing.candidates.into_iter().find(|candidate| candidate.origin == origin).unwrap()
}

#[test]
fn resources_of_all_modules_are_candidates_of_their_kinds() {
    let listing = listing(STATE);
    let told: Vec<_> = listing.candidates.iter().map(|c| (c.kind.as_str(), c.physical_id.as_str())).collect();
    assert_eq!(
        told,
        [
            ("route53:HostedZone", "Z0123456789ABCDEFGHIJ"),
            ("kms:Key", "arn:aws:kms:us-east-1:123456789012:key/1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809"),
            ("ec2:VPC", "vpc-0a1b2c3d4e5f60718"),
            ("ec2:Subnet", "subnet-0aaaaaaaaaaaaaaa1"),
            ("ec2:Subnet", "subnet-0aaaaaaaaaaaaaaa2"),
            ("ec2:EIP", "eipalloc-0aaaaaaaaaaaaaaa1"),
            ("ec2:EIP", "eipalloc-0aaaaaaaaaaaaaaa2"),
            ("ec2:NatGateway", "nat-0aaaaaaaaaaaaaaa1"),
            ("ec2:NatGateway", "nat-0aaaaaaaaaaaaaaa2"),
            ("rds:DBInstance", "acme-db"),
            ("elasticache:ReplicationGroup", "acme-redis"),
            ("secretsmanager:Secret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/db-a1B2c3"),
            ("efs:AccessPoint", "fsap-0123456789abcdef0"),
            (
                "elbv2:Listener",
                "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/acme/50dc6c495c0c9188/f2f7dc8efc522ab2"
            ),
            ("route53:RecordSet", "Z0123456789ABCDEFGHIJ/acme.mate.sociant.ai/A"),
            ("ecs:Service", "arn:aws:ecs:us-east-1:123456789012:service/mate-dev/acme-web"),
        ]
    );
}

#[test]
fn what_is_passed_over_is_listed_with_the_reason() {
    let listing = listing(STATE);
    let skipped: Vec<_> = listing.skipped.iter().map(|skipped| (skipped.origin.as_str(), skipped.reason)).collect();
    assert_eq!(
        skipped,
        [
            ("data.aws_caller_identity.current", SkipReason::Unknown),
            ("data.aws_kms_alias.rds", SkipReason::NotCovered),
            ("random_password.db", SkipReason::Unknown),
            ("tls_private_key.ssh", SkipReason::Unknown),
            ("aws_lb.internal", SkipReason::NotCovered),
            ("aws_vpc.old", SkipReason::NotCovered),
            ("aws_s3_bucket.hidden", SkipReason::Sensitive),
            ("module.app[\"acme\"].module.data.aws_secretsmanager_secret_version.db", SkipReason::Unknown),
            ("module.app[\"acme\"].module.edge.aws_route53_record.txt", SkipReason::NotCovered),
        ]
    );
}

#[test]
fn attributes_that_tell_an_object_apart_are_hints() {
    let hint = |origin: &str, field: &str| at(origin).hints.get(field).cloned().unwrap();
    assert_eq!(hint("module.vpc.aws_subnet.private[1]", "cidr_block"), "10.0.2.0/24");
    assert_eq!(hint("module.vpc.aws_subnet.private[1]", "availability_zone"), "us-east-1b");
    assert_eq!(hint("module.app[\"acme\"].module.edge.aws_alb_listener.all[\"https\"]", "port"), "443");
    assert_eq!(hint("module.app[\"acme\"].module.data.aws_efs_access_point.data", "root_directory"), "/acme");
    assert_eq!(hint("module.app[\"acme\"].module.edge.aws_ecs_service.web", "cluster"), "mate-dev");
    assert_eq!(hint("data.aws_route53_zone.main", "domain"), "mate.sociant.ai");
}

#[test]
fn an_alias_names_its_key() {
    let key = at("aws_kms_key.main");
    assert_eq!((key.name.as_deref(), key.hints["alias"].as_str()), (Some("mate-dev"), "alias/mate-dev"));
}

#[test]
fn an_alias_alone_stands_for_its_key() {
    let state = json!({"format_version": "1.0", "values": {"root_module": {"resources": [{
        "address": "data.aws_kms_alias.main", "mode": "data", "type": "aws_kms_alias", "name": "main",
        "values": {"name": "alias/mate-dev", "target_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1b2c"},
    }]}}});
    let listing = listing(&state.to_string());
    assert_eq!(listing.candidates.len(), 1);
    let key = &listing.candidates[0];
    assert_eq!(key.physical_id, "arn:aws:kms:us-east-1:123456789012:key/1b2c");
    assert_eq!(key.name.as_deref(), Some("mate-dev"));
}

#[test]
fn the_flow_log_of_a_vpc_into_a_log_group_is_one_and_another_is_not() {
    let log = |values: Value| {
        let resource = json!({
            "address": "aws_flow_log.main", "mode": "managed", "type": "aws_flow_log", "name": "main", "values": values,
        });
        listing(&json!({"format_version": "1.0", "values": {"root_module": {"resources": [resource]}}}).to_string())
    };
    let destination = "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/main:*";
    let found = log(json!({
        "id": "fl-0a1b2c3d4e5f60718", "vpc_id": "vpc-0a1b2c3d", "traffic_type": "ALL", "log_destination": destination,
        "log_destination_type": "cloud-watch-logs",
    }));
    assert_eq!(found.candidates[0].hints["log_group_name"], "/vpc/main");
    let into_a_bucket = json!({
        "id": "fl-0a1b2c3d4e5f60718", "vpc_id": "vpc-0a1b2c3d", "log_destination_type": "s3",
        "log_destination": "arn:aws:s3:::logs",
    });
    assert_eq!(log(into_a_bucket).skipped[0].reason, SkipReason::NotCovered);
    let of_a_subnet = json!({ "id": "fl-0a1b2c3d4e5f60718", "subnet_id": "subnet-0a1b2c3d" });
    assert_eq!(log(of_a_subnet).skipped[0].reason, SkipReason::NotCovered);
}

#[test]
fn the_tags_of_the_provider_are_among_the_tags() {
    assert_eq!(at("module.vpc.aws_vpc.this[0]").tags["Team"], "platform");
    assert_eq!(at("module.vpc.aws_subnet.private[0]").tags.keys().collect::<Vec<_>>(), ["Name"]);
}

#[test]
fn no_secret_of_the_state_is_copied() {
    assert!(STATE.matches("canary").count() > 8);
    let source = AdoptionSource::terraform_state(STATE).unwrap();
    let graph = graph(&[("vpc", "ec2:VPC", json!({ "cidr_block": "10.0.0.0/16" }))]);
    let matches = match_nodes(
        &Kinds::standard(),
        &graph,
        &source.candidates(&Kinds::standard(), &graph).unwrap(),
        &Default::default(),
    );
    let told = format!("{source:?}{matches:?}{matches}");
    let wire = serde_json::to_string(&(&source, &matches)).unwrap();
    assert!(!told.contains("canary") && !wire.contains("canary"), "{told}");
}

#[test]
fn a_whole_network_is_found_by_what_the_state_tells() {
    let subnet = |zone: &str, range: &str| json!({ "vpc_id": reference("vpc", "vpc_id"), "cidr_block": range, "availability_zone": zone });
    let nat = |n: u8| {
        json!({
            "subnet_id": reference(&format!("subnet-{n}"), "subnet_id"),
            "allocation_id": reference(&format!("address-{n}"), "allocation_id"),
        })
    };
    let graph = graph(&[
        ("vpc", "ec2:VPC", json!({ "cidr_block": "10.0.0.0/16" })),
        ("subnet-1", "ec2:Subnet", subnet("us-east-1a", "10.0.1.0/24")),
        ("subnet-2", "ec2:Subnet", subnet("us-east-1b", "10.0.2.0/24")),
        ("address-1", "ec2:EIP", json!({})),
        ("address-2", "ec2:EIP", json!({})),
        ("nat-1", "ec2:NatGateway", nat(1)),
        ("nat-2", "ec2:NatGateway", nat(2)),
    ]);
    let candidates = AdoptionSource::terraform_state(STATE).unwrap().candidates(&Kinds::standard(), &graph).unwrap();
    let matches = match_nodes(&Kinds::standard(), &graph, &candidates, &Default::default());
    let ids: Vec<_> = matches.matched.iter().map(|(node, found)| (node.as_str(), found.physical_id.as_str())).collect();
    assert_eq!(
        ids,
        [
            ("address-1", "eipalloc-0aaaaaaaaaaaaaaa1"),
            ("address-2", "eipalloc-0aaaaaaaaaaaaaaa2"),
            ("nat-1", "nat-0aaaaaaaaaaaaaaa1"),
            ("nat-2", "nat-0aaaaaaaaaaaaaaa2"),
            ("subnet-1", "subnet-0aaaaaaaaaaaaaaa1"),
            ("subnet-2", "subnet-0aaaaaaaaaaaaaaa2"),
            ("vpc", "vpc-0a1b2c3d4e5f60718"),
        ]
    );
    assert_eq!(matches.because[&id("address-1")], Evidence::Used);
}

#[test]
fn an_empty_state_has_no_candidates() {
    assert_eq!(listing(r#"{"format_version": "1.0"}"#), Listing::default());
}

#[test]
fn what_is_not_a_state_is_refused_with_the_place_and_without_its_values() {
    let command = "the text is not the answer of `terraform show -json`:";
    for (text, message) in [
        ("", "the text is not JSON, at line 1, column 0: give the whole answer of `terraform show -json`".to_owned()),
        (r#"{"vpc_id": {"value": "canary"}}"#, format!("{command} format_version is missing")),
        (
            r#"{"version": 4, "serial": 3, "lineage": "canary", "resources": []}"#,
            format!("{command} the whole is a state file: give what `terraform show -json` writes of it"),
        ),
        (r#"{"format_version": "1.2", "planned_values": {}}"#, format!("{command} the whole is a plan, not a state")),
        (
            r#"{"format_version": "2.0", "values": {}}"#,
            "the text has format version 2, and only version 1 of `terraform show -json` can be read".to_owned(),
        ),
        (r#"{"format_version": "canary"}"#, format!("{command} format_version is not a version")),
        (
            r#"{"format_version": "1.0", "values": {"root_module": {"resources": [{"address": 3, "type": "canary"}]}}}"#,
            format!("{command} values.root_module.resources[0].address is not text"),
        ),
        (
            r#"{"format_version": "1.0", "values": {"root_module": {"child_modules": [{"resources": {}}]}}}"#,
            format!("{command} values.root_module.child_modules[0].resources is not a list"),
        ),
    ] {
        let error = AdoptionSource::terraform_state(text).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!format!("{error:?}").contains("canary"));
    }
}

#[test]
fn a_newer_minor_format_is_read() {
    assert_eq!(listing(r#"{"format_version": "1.9", "more": true}"#), Listing::default());
}
