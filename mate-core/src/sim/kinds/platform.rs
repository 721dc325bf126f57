//! The kinds that the platform under the tenants is made of.

use serde_json::{Value, json};

use super::{Behaviour, Naming, PLAIN, out};

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn ec2_id(n: &Naming<'_>, prefix: &str) -> String {
    format!("{prefix}-{}", n.hex("id", 17))
}

fn certificate_arn(n: &Naming<'_>) -> String {
    n.arn("acm", &format!("certificate/{}", n.uuid("id")))
}

fn trail_arn(n: &Naming<'_>) -> String {
    n.arn("cloudtrail", &format!("trail/{}", n.name))
}

fn pool_id(n: &Naming<'_>) -> String {
    format!("{}_{}", n.region, n.drawn("id", MIXED, 9))
}

/// An address of the ranges that are kept for documentation.
fn public_ip(n: &Naming<'_>) -> String {
    let range = ["203.0.113", "198.51.100"][usize::from(n.figure("range", 2) == 1)];
    format!("{range}.{}", 1 + n.figure("address", 254))
}

fn cluster_arn(n: &Naming<'_>) -> String {
    n.arn("ecs", &format!("cluster/{}", n.name))
}

fn key_arn(n: &Naming<'_>) -> String {
    n.arn("kms", &format!("key/{}", n.uuid("id")))
}

fn zone_id(n: &Naming<'_>) -> String {
    format!("Z{}", n.drawn("id", UPPER, 20))
}

/// One of each of the four top-level domains over which Route 53 spreads a zone.
fn name_servers(n: &Naming<'_>) -> String {
    let servers = ["com", "net", "org", "co.uk"].iter().zip(0_u32..).map(|(domain, block)| {
        let number = block * 512 + n.figure(domain, 512);
        format!("ns-{number}.awsdns-{:02}.{domain}", number % 64)
    });
    servers.collect::<Vec<_>>().join(",")
}

fn web_acl_arn(n: &Naming<'_>) -> String {
    n.arn("wafv2", &format!("regional/webacl/{}/{}", n.name, n.uuid("id")))
}

/// What EC2's network has in common: nothing has a name.
const NETWORK: Behaviour = Behaviour { by_tags: true, words: ("pending", "modifying"), ..PLAIN };

/// One entry each.
pub(super) const KINDS: &[Behaviour] = &[
    Behaviour {
        kind: "acm:Certificate",
        physical_id: certificate_arn,
        outputs: |n| out([("arn", json!(certificate_arn(n)))]),
        by_tags: true,
        words: ("PENDING_VALIDATION", "PENDING_VALIDATION"),
        calls: ("RequestCertificate", "AddTagsToCertificate", "DeleteCertificate"),
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "cloudtrail:Trail",
        physical_id: trail_arn,
        outputs: |n| out([("arn", json!(trail_arn(n)))]),
        calls: ("CreateTrail", "UpdateTrail", "DeleteTrail"),
        exists: "TrailAlreadyExistsException",
        quota: "MaximumNumberOfTrailsExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "cognito-idp:UserPool",
        physical_id: pool_id,
        outputs: |n| {
            let id = pool_id(n);
            out([("arn", json!(n.arn("cognito-idp", &format!("userpool/{id}")))), ("user_pool_id", json!(id))])
        },
        by_tags: true,
        calls: ("CreateUserPool", "UpdateUserPool", "DeleteUserPool"),
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "cognito-idp:UserPoolDomain",
        outputs: |n| out([("domain", json!(n.name))]),
        words: ("CREATING", "UPDATING"),
        calls: ("CreateUserPoolDomain", "UpdateUserPoolDomain", "DeleteUserPoolDomain"),
        exists: "InvalidParameterException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "ec2:EIP",
        physical_id: |n| ec2_id(n, "eipalloc"),
        outputs: |n| out([("allocation_id", json!(ec2_id(n, "eipalloc"))), ("public_ip", json!(public_ip(n)))]),
        calls: ("AllocateAddress", "CreateTags", "ReleaseAddress"),
        quota: "AddressLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ec2:FlowLog",
        physical_id: |n| ec2_id(n, "fl"),
        outputs: |n| out([("flow_log_id", json!(ec2_id(n, "fl")))]),
        calls: ("CreateFlowLogs", "CreateTags", "DeleteFlowLogs"),
        exists: "FlowLogAlreadyExists",
        quota: "FlowLogLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ec2:InternetGateway",
        physical_id: |n| ec2_id(n, "igw"),
        outputs: |n| out([("internet_gateway_id", json!(ec2_id(n, "igw")))]),
        words: ("attaching", "attaching"),
        calls: ("CreateInternetGateway", "AttachInternetGateway", "DeleteInternetGateway"),
        quota: "InternetGatewayLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ec2:NatGateway",
        physical_id: |n| ec2_id(n, "nat"),
        outputs: |n| out([("nat_gateway_id", json!(ec2_id(n, "nat")))]),
        calls: ("CreateNatGateway", "CreateTags", "DeleteNatGateway"),
        quota: "NatGatewayLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ec2:RouteTable",
        physical_id: |n| ec2_id(n, "rtb"),
        outputs: |n| out([("route_table_id", json!(ec2_id(n, "rtb")))]),
        calls: ("CreateRouteTable", "ReplaceRoute", "DeleteRouteTable"),
        quota: "RouteTableLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ec2:Subnet",
        physical_id: |n| ec2_id(n, "subnet"),
        outputs: |n| out([("subnet_id", json!(ec2_id(n, "subnet")))]),
        calls: ("CreateSubnet", "ModifySubnetAttribute", "DeleteSubnet"),
        quota: "SubnetLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ec2:VPC",
        physical_id: |n| ec2_id(n, "vpc"),
        outputs: |n| out([("vpc_id", json!(ec2_id(n, "vpc")))]),
        calls: ("CreateVpc", "ModifyVpcAttribute", "DeleteVpc"),
        quota: "VpcLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ec2:VPCEndpoint",
        physical_id: |n| ec2_id(n, "vpce"),
        outputs: |n| out([("vpc_endpoint_id", json!(ec2_id(n, "vpce")))]),
        calls: ("CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints"),
        quota: "VpcEndpointLimitExceeded",
        ..NETWORK
    },
    Behaviour {
        kind: "ecr:Repository",
        outputs: |n| {
            let (account, region) = (n.account, n.region);
            let uri = format!("{account}.dkr.ecr.{region}.amazonaws.com/{}", n.name);
            out([
                ("arn", json!(n.arn("ecr", &format!("repository/{}", n.name)))),
                ("repository_uri", Value::String(uri)),
            ])
        },
        calls: ("CreateRepository", "PutImageScanningConfiguration", "DeleteRepository"),
        exists: "RepositoryAlreadyExistsException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "ecs:Cluster",
        physical_id: cluster_arn,
        outputs: |n| out([("arn", json!(cluster_arn(n))), ("cluster_name", json!(n.name))]),
        words: ("PROVISIONING", "updating"),
        calls: ("CreateCluster", "UpdateCluster", "DeleteCluster"),
        exists: "InvalidParameterException",
        busy: "UpdateInProgressException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "kms:Key",
        physical_id: key_arn,
        outputs: |n| out([("arn", json!(key_arn(n))), ("key_id", json!(n.uuid("id")))]),
        by_tags: true,
        words: ("Creating", "Updating"),
        calls: ("CreateKey", "UpdateKeyDescription", "ScheduleKeyDeletion"),
        exists: "AlreadyExistsException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "route53:HostedZone",
        physical_id: zone_id,
        outputs: |n| out([("hosted_zone_id", json!(zone_id(n))), ("name_servers", json!(name_servers(n)))]),
        by_tags: true,
        words: ("PENDING", "PENDING"),
        calls: ("CreateHostedZone", "UpdateHostedZoneComment", "DeleteHostedZone"),
        exists: "HostedZoneAlreadyExists",
        quota: "TooManyHostedZones",
        ..PLAIN
    },
    Behaviour {
        kind: "wafv2:WebACL",
        physical_id: web_acl_arn,
        outputs: |n| out([("arn", json!(web_acl_arn(n)))]),
        calls: ("CreateWebACL", "UpdateWebACL", "DeleteWebACL"),
        exists: "WAFDuplicateItemException",
        quota: "WAFLimitsExceededException",
        ..PLAIN
    },
];
