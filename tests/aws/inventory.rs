//! The objects in an account, service by service, as AWS's own client lists them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::emulator::Emulator;

/// Service, call, list in the answer, the field that names an entry (empty where the entries are names).
const LISTS: &[(&str, &str, &str, &str)] = &[
    ("acm", "list-certificates", "CertificateSummaryList", "CertificateArn"),
    ("cloudtrail", "describe-trails", "trailList", "Name"),
    ("cognito-idp", "list-user-pools --max-results 60", "UserPools", "Id"),
    ("ec2", "describe-addresses", "Addresses", "AllocationId"),
    ("ec2", "describe-flow-logs", "FlowLogs", "FlowLogId"),
    ("ec2", "describe-internet-gateways", "InternetGateways", "InternetGatewayId"),
    (
        "ec2",
        "describe-nat-gateways --filter Name=state,Values=pending,available,deleting,failed",
        "NatGateways",
        "NatGatewayId",
    ),
    ("ec2", "describe-route-tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe-security-groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe-subnets", "Subnets", "SubnetId"),
    ("ec2", "describe-vpc-endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe-vpcs", "Vpcs", "VpcId"),
    ("ecr", "describe-repositories", "repositories", "repositoryName"),
    ("ecs", "list-clusters", "clusterArns", ""),
    ("efs", "describe-file-systems", "FileSystems", "FileSystemId"),
    ("elasticache", "describe-replication-groups", "ReplicationGroups", "ReplicationGroupId"),
    ("elbv2", "describe-load-balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe-target-groups", "TargetGroups", "TargetGroupArn"),
    ("iam", "list-roles --path-prefix /mate/", "Roles", "RoleName"),
    ("kms", "list-aliases", "Aliases", "AliasName"),
    ("logs", "describe-log-groups", "logGroups", "logGroupName"),
    ("rds", "describe-db-instances", "DBInstances", "DBInstanceIdentifier"),
    ("route53", "list-hosted-zones", "HostedZones", "Id"),
    ("s3api", "list-buckets", "Buckets", "Name"),
    ("secretsmanager", "list-secrets", "SecretList", "Name"),
    ("wafv2", "list-web-acls --scope REGIONAL", "WebACLs", "Name"),
];

/// The names of the objects in the account, by service and call.
pub(crate) fn inventory(emulator: &Emulator) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for (service, call, list, field) in LISTS {
        let arguments: Vec<&str> = std::iter::once(*service).chain(call.split(' ')).collect();
        let answer = emulator.aws_cli(&arguments).unwrap_or_else(|error| panic!("aws {arguments:?}: {error:#}"));
        let name = |entry: &Value| {
            let named = if field.is_empty() { entry } else { &entry[*field] };
            named.as_str().unwrap_or_else(|| panic!("{service} {call}: {entry}")).to_owned()
        };
        // What is deleted is listed for a while.
        let alive = |entry: &&Value| entry["State"] != "deleted";
        let mut names: Vec<String> = answer[*list].as_array().into_iter().flatten().filter(alive).map(name).collect();
        names.retain(|name| !name.starts_with("alias/aws/") && !is_inactive(emulator, name));
        names.sort();
        found.insert(format!("{service} {call}"), names);
    }
    found
}

/// A deleted cluster is inactive, and this emulator goes on listing it.
fn is_inactive(emulator: &Emulator, name: &str) -> bool {
    name.contains(":cluster/") && {
        let answer = emulator.aws_cli(&["ecs", "describe-clusters", "--clusters", name]).unwrap();
        answer["clusters"][0]["status"] == "INACTIVE"
    }
}
