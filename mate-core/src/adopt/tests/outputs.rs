use super::*;

fn listing(outputs: Value) -> Listing {
    match AdoptionSource::terraform_outputs(&outputs.to_string()).unwrap() {
        AdoptionSource::Listing(listing) => listing,
        other => panic!("{other:?}"),
    }
}

fn output(value: Value) -> Value {
    json!({ "sensitive": false, "type": "string", "value": value })
}

fn told(listing: &Listing) -> Vec<(&str, &str, &str)> {
    let candidates = listing.candidates.iter();
    candidates.map(|c| (c.origin.as_str(), c.kind.as_str(), c.physical_id.as_str())).collect()
}

fn only(name: &str, value: Value) -> Option<(String, String)> {
    let listing = listing(json!({ name: output(value) }));
    let first = listing.candidates.first()?;
    Some((first.kind.to_string(), first.physical_id.clone()))
}

#[test]
fn the_outputs_of_a_base_are_recognised() {
    let key = "arn:aws:kms:us-east-1:123456789012:key/1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809";
    let acl = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/mate-dev/0f1e2d3c";
    let outputs = json!({
        "vpc_id": output(json!("vpc-0a1b2c3d4e5f60718")),
        "private_subnet_ids": output(json!(["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"])),
        "ecs_cluster_name": output(json!("mate-dev")),
        "hosted_zone_id": output(json!("Z0123456789ABCDEFGHIJ")),
        "kms_key_arn": output(json!(key)),
        "waf_web_acl_arn": output(json!(acl)),
        "cognito_user_pool_id": output(json!("us-east-1_AbCdEf123")),
        "shared_efs_id": output(json!("fs-0123456789abcdef0")),
        "ecr_repository_urls": output(json!({
            "django": "123456789012.dkr.ecr.us-east-1.amazonaws.com/mate-django-dev",
        })),
        "nat_gateway_ids": output(json!(["nat-0a1b2c3d4e5f60718"])),
        "s3_bucket_name": output(json!("mate-dev-logs")),
        "rds_instance_id": output(json!("mate-dev-db")),
    });
    let listing = listing(outputs);
    let mut told = told(&listing);
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("cognito_user_pool_id", "cognito-idp:UserPool", "us-east-1_AbCdEf123"),
            ("ecr_repository_urls[\"django\"]", "ecr:Repository", "mate-django-dev"),
            ("ecs_cluster_name", "ecs:Cluster", "mate-dev"),
            ("hosted_zone_id", "route53:HostedZone", "Z0123456789ABCDEFGHIJ"),
            ("kms_key_arn", "kms:Key", key),
            ("nat_gateway_ids[0]", "ec2:NatGateway", "nat-0a1b2c3d4e5f60718"),
            ("private_subnet_ids[0]", "ec2:Subnet", "subnet-0aaaaaaaaaaaaaaa1"),
            ("private_subnet_ids[1]", "ec2:Subnet", "subnet-0aaaaaaaaaaaaaaa2"),
            ("rds_instance_id", "rds:DBInstance", "mate-dev-db"),
            ("s3_bucket_name", "s3:Bucket", "mate-dev-logs"),
            ("shared_efs_id", "efs:FileSystem", "fs-0123456789abcdef0"),
            ("vpc_id", "ec2:VPC", "vpc-0a1b2c3d4e5f60718"),
            ("waf_web_acl_arn", "wafv2:WebACL", acl),
        ]
    );
}

#[test]
fn a_value_with_a_form_of_its_own_is_taken_whatever_its_name() {
    let some = |kind: &str, id: &str| Some((kind.to_owned(), id.to_owned()));
    assert_eq!(only("x", json!("igw-0a1b2c3d4e5f60718")), some("ec2:InternetGateway", "igw-0a1b2c3d4e5f60718"));
    assert_eq!(only("x", json!("vpce-0a1b2c3d")), some("ec2:VPCEndpoint", "vpce-0a1b2c3d"));
    assert_eq!(
        only("x", json!("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d")),
        some("ec2:VPC", "vpc-0a1b2c3d")
    );
    assert_eq!(only("x", json!("arn:aws-cn:s3:::mate-dev")), some("s3:Bucket", "mate-dev"));
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/acme";
    assert_eq!(only("x", json!(format!("{group}:*"))), some("logs:LogGroup", group));
    assert_eq!(only("network", json!({"vpc": {"id": "vpc-0a1b2c3d"}})), some("ec2:VPC", "vpc-0a1b2c3d"));
}

#[test]
fn what_only_looks_like_an_id_is_not_taken() {
    for (name, value) in [
        ("x", "vpc-main"),
        ("x", "subnet-"),
        ("x", "arn:aws:s3:::mate-dev/*"),
        ("x", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("x", "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/tcp/50dc6c495c0c9188"),
        ("x", "mate-dev"),
        ("alb_zone_id", "Z35SXDOTRQ7X7K"),
        ("eks_cluster_name", "main"),
        ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ("db_instance_id", "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("vpc_cidr_block", "10.0.0.0/16"),
    ] {
        assert_eq!(only(name, json!(value)), None, "{name} {value}");
    }
}

#[test]
fn what_is_not_recognised_is_listed_and_no_error() {
    let outputs = json!({
        "azs": output(json!(["us-east-1a"])),
        "nat_gateway_ids": output(json!([])),
        "web_acl_arn": output(Value::Null),
    });
    let listing = listing(outputs);
    assert_eq!(listing.candidates, []);
    let skipped: Vec<_> = listing.skipped.iter().map(|skipped| (skipped.origin.as_str(), skipped.reason)).collect();
    assert_eq!(
        skipped,
        [
            ("azs", SkipReason::Unknown),
            ("nat_gateway_ids", SkipReason::WithoutId),
            ("web_acl_arn", SkipReason::WithoutId)
        ]
    );
}

#[test]
fn a_sensitive_output_is_named_and_not_read() {
    let outputs = json!({ "s3_bucket_name": { "sensitive": true, "type": "string", "value": "canary-7d1f" } });
    let listing = listing(outputs);
    assert_eq!(listing.skipped, [Skipped { origin: "s3_bucket_name".to_owned(), reason: SkipReason::Sensitive }]);
    assert!(!format!("{listing:?}{}", serde_json::to_string(&listing).unwrap()).contains("canary"));
}

#[test]
fn what_is_not_the_answer_is_refused_with_the_place_and_without_its_values() {
    for (text, message) in [
        (
            "{\n\"vpc_id\": canary}",
            "the text is not JSON, at line 2, column 11: give the whole answer of `terraform output -json`",
        ),
        ("\"canary\"", "the text is not the answer of `terraform output -json`: the whole is not an object"),
        (r#"{"vpc_id": "canary"}"#, "the text is not the answer of `terraform output -json`: vpc_id is not an object"),
        (
            r#"{"vpc_id": {"value": "canary"}}"#,
            "the text is not the answer of `terraform output -json`: vpc_id.sensitive is neither true nor false",
        ),
        (
            r#"{"vpc_id": {"sensitive": false}}"#,
            "the text is not the answer of `terraform output -json`: vpc_id.value is missing",
        ),
        (
            r#"{"format_version": "1.0", "values": {}}"#,
            "the text is not the answer of `terraform output -json`: the whole is a state: give it to terraform_state, as \
             `terraform show -json` writes it",
        ),
    ] {
        let error = AdoptionSource::terraform_outputs(text).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!format!("{error:?}").contains("canary"));
    }
}

#[test]
fn a_configuration_without_outputs_has_no_candidates() {
    assert_eq!(listing(json!({})), Listing::default());
}
