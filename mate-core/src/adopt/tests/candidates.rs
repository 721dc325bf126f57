use super::*;
use crate::provider::Discovered;

#[test]
fn an_id_that_carries_the_name_tells_it() {
    let elb = "arn:aws:elasticloadbalancing:us-east-1:123456789012";
    for (of, physical_id, name) in [
        ("s3:Bucket", "mate-dev-logs".to_owned(), "mate-dev-logs"),
        ("rds:DBInstance", "mate-dev-db".to_owned(), "mate-dev-db"),
        ("elasticache:ReplicationGroup", "mate-dev-redis".to_owned(), "mate-dev-redis"),
        ("ecr:Repository", "team/mate-django-dev".to_owned(), "team/mate-django-dev"),
        ("ecs:Cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/mate-dev".to_owned(), "mate-dev"),
        ("ecs:Cluster", "mate-dev".to_owned(), "mate-dev"),
        ("ecs:Service", "arn:aws:ecs:us-east-1:123456789012:service/mate-dev/acme-web".to_owned(), "acme-web"),
        ("ecs:TaskDefinition", "arn:aws:ecs:us-east-1:123456789012:task-definition/acme-web:12".to_owned(), "acme-web"),
        ("iam:Role", "arn:aws:iam::123456789012:role/mate/dev/acme/acme-task".to_owned(), "acme-task"),
        ("logs:LogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/acme:*".to_owned(), "/ecs/acme"),
        ("elbv2:LoadBalancer", format!("{elb}:loadbalancer/app/acme-alb/50dc6c495c0c9188"), "acme-alb"),
        ("elbv2:TargetGroup", format!("{elb}:targetgroup/acme-web/943f017f100becff"), "acme-web"),
        (
            "secretsmanager:Secret",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:mate/acme/dev/db-a1B2c3".to_owned(),
            "mate/acme/dev/db",
        ),
        ("cloudtrail:Trail", "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit".to_owned(), "audit"),
        ("wafv2:WebACL", "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/mate-dev/0f1e".to_owned(), "mate-dev"),
        ("route53:RecordSet", "Z0123456789/acme.mate.sociant.ai/A".to_owned(), "acme.mate.sociant.ai"),
        ("cognito-idp:IdentityProvider", "us-east-1_AbCdEf123/acme-saml".to_owned(), "acme-saml"),
        (
            "application-autoscaling:ScalingPolicy",
            "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:6d8972f3:resource/ecs/service/mate-dev/web:policyName/cpu"
                .to_owned(),
            "cpu",
        ),
    ] {
        assert_eq!(name_of(&Kinds::standard(), &kind(of), &physical_id).as_deref(), Some(name), "{of} {physical_id}");
    }
}

#[test]
fn an_opaque_id_tells_no_name() {
    for (of, physical_id) in [
        ("ec2:VPC", "vpc-0a1b2c3d4e5f60718"),
        ("efs:FileSystem", "fs-0123456789abcdef0"),
        ("route53:HostedZone", "Z0123456789ABCDEFGHIJ"),
        ("cognito-idp:UserPool", "us-east-1_AbCdEf123"),
        ("acm:Certificate", "arn:aws:acm:us-east-1:123456789012:certificate/7f9a1c52-3d0e-4b6a-8e21-5c4d9f0b1a23"),
        ("kms:Key", "arn:aws:kms:us-east-1:123456789012:key/1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809"),
        ("elbv2:Listener", "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/acme-alb/50dc/f2f7"),
    ] {
        assert_eq!(name_of(&Kinds::standard(), &kind(of), physical_id), None, "{of}");
    }
}

#[test]
fn what_a_search_found_is_a_candidate_where_its_kind_and_id_are_known() {
    let arn = "arn:aws:rds:us-east-1:123456789012:db:legacy";
    let found = Discovered {
        address: None,
        kind: Some(kind("rds:DBInstance")),
        arn: arn.to_owned(),
        physical_id: Some("legacy".to_owned()),
        tags: [("Team".to_owned(), "data".to_owned())].into(),
    };
    let candidate = Candidate::from_discovered(&Kinds::standard(), &found).unwrap();
    assert_eq!((candidate.name.as_deref(), candidate.origin.as_str()), (Some("legacy"), arn));
    assert_eq!(candidate.tags, found.tags);
    assert_eq!(Candidate::from_discovered(&Kinds::standard(), &Discovered { kind: None, ..found.clone() }), None);
    assert_eq!(Candidate::from_discovered(&Kinds::standard(), &Discovered { physical_id: None, ..found }), None);
}

#[test]
fn ids_are_candidates_of_the_kinds_of_their_nodes() {
    let graph = graph(&[("vpc", "ec2:VPC", json!({})), ("zone", "route53:HostedZone", json!({}))]);
    let source = AdoptionSource::ids([
        (id("vpc"), "vpc-0a1b2c3d4e5f60718".to_owned()),
        (id("zone"), "/hostedzone/Z0123456789ABC".to_owned()),
    ]);
    let candidates = source.candidates(&Kinds::standard(), &graph).unwrap();
    let told: Vec<_> = candidates.iter().map(|c| (c.kind.as_str(), c.physical_id.as_str(), c.node.clone())).collect();
    assert_eq!(
        told,
        [
            ("ec2:VPC", "vpc-0a1b2c3d4e5f60718", Some(id("vpc"))),
            ("route53:HostedZone", "Z0123456789ABC", Some(id("zone")))
        ]
    );
}

#[test]
fn an_id_for_a_node_that_is_not_there_is_refused_with_the_nearest_node() {
    let graph = graph(&[("nat-gateway", "ec2:NatGateway", json!({}))]);
    let source = AdoptionSource::ids([(id("nat-gatway"), "nat-0a1b2c3d4e5f60718".to_owned())]);
    let error = source.candidates(&Kinds::standard(), &graph).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an id is given for `nat-gatway`, which is not a node of the graph; did you mean `nat-gateway`?"
    );
}

#[test]
fn one_object_for_two_nodes_is_refused() {
    let graph = graph(&[("a", "ec2:Subnet", json!({})), ("b", "ec2:Subnet", json!({}))]);
    let source = AdoptionSource::ids([(id("a"), "subnet-1".to_owned()), (id("b"), "subnet-1".to_owned())]);
    let error = source.candidates(&Kinds::standard(), &graph).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ec2:Subnet subnet-1 is given for `a` and for `b`: an object stands for one node"
    );
}

#[test]
fn a_source_survives_the_wire() {
    let listing = AdoptionSource::terraform_outputs(
        r#"{"vpc_id": {"sensitive": false, "type": "string", "value": "vpc-0a1b2c3d4e5f60718"},
            "motd": {"sensitive": false, "type": "string", "value": "hello"}}"#,
    );
    for source in [
        AdoptionSource::ids([(id("vpc"), "vpc-1".to_owned())]),
        AdoptionSource::tags([("Team".to_owned(), "data".to_owned())].into()),
        listing.unwrap(),
    ] {
        let wire = serde_json::to_string(&source).unwrap();
        assert_eq!(serde_json::from_str::<AdoptionSource>(&wire).unwrap(), source);
    }
}
