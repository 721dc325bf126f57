//! The published token buckets of AWS, and assumed ones where AWS publishes none.

/// The source of a group's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// AWS publishes the figures, in this document.
    Published(&'static str),
    /// AWS publishes no figures: a careful start, from which the rate rises while no call is throttled.
    Assumed,
}

/// Calls that AWS counts in one token bucket, per account and region.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Group {
    /// Its name: `ecs service writes`.
    pub name: &'static str,
    /// The service, as in the names of operations: `ecs`.
    pub service: &'static str,
    /// The operations, by name or by a beginning that ends with `*`. An operation belongs to the first group that fits.
    pub operations: &'static [&'static str],
    /// AWS keeps a bucket of this size for each operation by itself.
    pub per_operation: bool,
    /// The burst capacity: the number of calls that can be made at once.
    pub burst: f64,
    /// Calls a second in the long run, as AWS publishes them; where it does not, at the beginning.
    pub refill: f64,
    /// Calls a second that are never exceeded: `refill` where it is published, more where the rate finds its own way.
    pub most: f64,
    /// The source of the figures.
    pub source: Source,
}

impl Group {
    /// Returns true if AWS publishes the figures.
    #[must_use]
    pub const fn is_published(&self) -> bool {
        matches!(self.source, Source::Published(_))
    }

    const fn each(mut self) -> Self {
        self.per_operation = true;
        self
    }
}

const READS: &[&str] = &["Describe*", "Get*", "List*", "Head*", "Lookup*", "BatchGet*", "Filter*", "Simulate*"];

const ECS: &str = "Amazon ECS Developer Guide, \"Request throttling for the Amazon ECS API\"";
const EC2: &str =
    "Amazon EC2 Developer Guide, \"Request throttling for the Amazon EC2 API\": a bucket for each operation";
const ELB: &str =
    "Elastic Load Balancing API Reference, \"API request throttling\": Describe 40/10; taken as the sum of all calls";
const R53: &str =
    "Amazon Route 53 Developer Guide, \"Quotas\": 5 requests a second are safe for changes, 10 altogether";
const SECRETS: &str = "AWS Secrets Manager User Guide, \"Secrets Manager quotas\"";
const EVENTS: &str =
    "Amazon EventBridge User Guide, \"Quotas\": PutEvents, of the region that has least; a second's worth at once";
const KMS: &str = "AWS KMS Developer Guide, \"Request quotas\"";

const fn published(
    (name, service): (&'static str, &'static str),
    operations: &'static [&'static str],
    (burst, refill): (f64, f64),
    source: &'static str,
) -> Group {
    let source = Source::Published(source);
    Group { name, service, operations, per_operation: false, burst, refill, most: refill, source }
}

const fn assumed(
    (name, service): (&'static str, &'static str),
    operations: &'static [&'static str],
    (burst, refill, most): (f64, f64, f64),
) -> Group {
    Group { name, service, operations, per_operation: false, burst, refill, most, source: Source::Assumed }
}

/// Every group: name and service, operations, burst and calls a second (and, where assumed, the most), source.
#[rustfmt::skip]
pub const TABLE: &[Group] = &[
    // Reads of clusters, services and task definitions have more, 100/20 is what services have.
    published(("ecs reads", "ecs"), READS, (100.0, 20.0), ECS),
    published(("ecs service writes", "ecs"), &["CreateService", "UpdateService", "DeleteService"], (50.0, 5.0), ECS),
    published(("ecs tasks", "ecs"), &["RunTask", "StartTask", "StopTask"], (100.0, 40.0), ECS),
    published(("ecs tags", "ecs"), &["TagResource", "UntagResource"], (20.0, 10.0), ECS),
    // Two of AWS's buckets of the same size.
    published(("ecs task definition writes", "ecs"), &["RegisterTaskDefinition", "DeregisterTaskDefinition", "DeleteTaskDefinitions"], (20.0, 1.0), ECS),
    published(("ecs cluster writes", "ecs"), &["*"], (20.0, 1.0), ECS),

    // MATE reads with filters or ids; without them it would be 50/10.
    published(("ec2 reads", "ec2"), READS, (100.0, 20.0), EC2).each(),
    published(("ec2 NAT gateways", "ec2"), &["CreateNatGateway"], (10.0, 1.0), EC2),
    published(("ec2 VPC endpoints", "ec2"), &["CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints"], (4.0, 0.3), EC2).each(),
    published(("ec2 writes", "ec2"), &["*"], (50.0, 5.0), EC2).each(),

    published(("elbv2", "elbv2"), &["*"], (40.0, 10.0), ELB),

    published(("route53 zones", "route53"), &["CreateHostedZone"], (40.0, 2.0), R53),
    published(("route53 health checks", "route53"), &["CreateHealthCheck"], (50.0, 0.5), R53),
    published(("route53", "route53"), &["*"], (50.0, 10.0), R53),

    published(("secretsmanager reads", "secretsmanager"), READS, (10_000.0, 10_000.0), SECRETS),
    published(("secretsmanager writes", "secretsmanager"), &["*"], (50.0, 50.0), SECRETS),

    published(("kms reads", "kms"), READS, (100.0, 100.0), KMS),
    assumed(("kms writes", "kms"), &["*"], (5.0, 5.0, 5.0)),

    published(("events", "events"), &["PutEvents"], (400.0, 400.0), EVENTS),

    assumed(("rds reads", "rds"), READS, (20.0, 10.0, 40.0)),
    assumed(("rds writes", "rds"), &["*"], (5.0, 2.0, 10.0)),
    assumed(("elasticache reads", "elasticache"), READS, (20.0, 10.0, 40.0)),
    assumed(("elasticache writes", "elasticache"), &["*"], (5.0, 2.0, 10.0)),
    assumed(("efs reads", "efs"), READS, (20.0, 10.0, 40.0)),
    assumed(("efs writes", "efs"), &["*"], (5.0, 3.0, 10.0)),
    // IAM is one control plane for all regions, and answers to many writes with a throttle.
    assumed(("iam reads", "iam"), READS, (20.0, 10.0, 20.0)),
    assumed(("iam writes", "iam"), &["*"], (5.0, 3.0, 10.0)),
    // Cognito: UserPoolRead 15/s, UserPoolUpdate 15/s and UserPoolClientUpdate 15/s are defaults that an account may have raised.
    assumed(("cognito-idp", "cognito-idp"), &["*"], (10.0, 5.0, 15.0)),
    assumed(("logs reads", "logs"), READS, (10.0, 5.0, 10.0)),
    assumed(("logs writes", "logs"), &["*"], (5.0, 5.0, 10.0)),
    assumed(("s3 reads", "s3"), READS, (100.0, 50.0, 200.0)),
    assumed(("s3 writes", "s3"), &["*"], (20.0, 5.0, 20.0)),
    assumed(("tagging", "tagging"), &["*"], (10.0, 5.0, 10.0)),
    assumed(("sts", "sts"), &["*"], (50.0, 50.0, 100.0)),
];

/// The initial limits of a service that is not in the table: reads, then writes.
const OTHERS: [Group; 2] = [
    assumed(("other reads", "*"), READS, (20.0, 10.0, 20.0)),
    assumed(("other writes", "*"), &["*"], (5.0, 3.0, 10.0)),
];

/// The service and the operation of `ecs:CreateService`. IAM's prefixes are taken for the service too.
#[must_use]
pub(crate) fn parts(api: &str) -> (&str, &str) {
    let (service, operation) = api.split_once(':').unwrap_or(("", api));
    let service = match service {
        "elasticfilesystem" => "efs",
        "elasticloadbalancing" => "elbv2",
        "tag" => "tagging",
        other => other,
    };
    (service, operation)
}

/// Returns true if a call only reads, by its name.
#[must_use]
pub(crate) fn reads(api: &str) -> bool {
    fits(READS, parts(api).1)
}

/// The group of an operation, `ecs:CreateService`.
#[must_use]
pub fn group_of(api: &str) -> &'static Group {
    let (service, operation) = parts(api);
    let fitting = |group: &&Group| group.service == service && fits(group.operations, operation);
    TABLE.iter().find(fitting).unwrap_or(if reads(api) { &OTHERS[0] } else { &OTHERS[1] })
}

fn fits(operations: &[&str], operation: &str) -> bool {
    operations.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => operation.starts_with(beginning),
        None => *pattern == operation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_find_the_bucket_that_aws_counts_them_in() {
        for (api, group, burst, refill) in [
            ("ecs:CreateService", "ecs service writes", 50.0, 5.0),
            ("ecs:RegisterTaskDefinition", "ecs task definition writes", 20.0, 1.0),
            ("ecs:CreateCluster", "ecs cluster writes", 20.0, 1.0),
            ("ecs:DescribeServices", "ecs reads", 100.0, 20.0),
            ("ecs:RunTask", "ecs tasks", 100.0, 40.0),
            ("ec2:DescribeSecurityGroups", "ec2 reads", 100.0, 20.0),
            ("ec2:CreateNatGateway", "ec2 NAT gateways", 10.0, 1.0),
            ("ec2:CreateVpcEndpoint", "ec2 VPC endpoints", 4.0, 0.3),
            ("ec2:CreateSecurityGroup", "ec2 writes", 50.0, 5.0),
            ("elbv2:DescribeTags", "elbv2", 40.0, 10.0),
            ("elasticloadbalancing:CreateRule", "elbv2", 40.0, 10.0),
            ("route53:CreateHostedZone", "route53 zones", 40.0, 2.0),
            ("route53:ChangeResourceRecordSets", "route53", 50.0, 10.0),
            ("secretsmanager:CreateSecret", "secretsmanager writes", 50.0, 50.0),
            ("kms:DescribeKey", "kms reads", 100.0, 100.0),
        ] {
            let found = group_of(api);
            assert_eq!((found.name, found.burst, found.refill), (group, burst, refill), "{api}");
            assert!(found.is_published(), "{api}");
        }
    }

    #[test]
    fn what_aws_does_not_publish_starts_at_two_to_five_writes_a_second() {
        for api in [
            "rds:CreateDBInstance",
            "elasticache:CreateReplicationGroup",
            "efs:TagResource",
            "iam:CreateRole",
            "sqs:CreateQueue",
        ] {
            let group = group_of(api);
            assert!((2.0..=5.0).contains(&group.refill) && !group.is_published(), "{api}: {group:?}");
        }
    }

    #[test]
    fn a_published_rate_is_never_exceeded_and_names_are_unique() {
        let names: std::collections::BTreeSet<_> = TABLE.iter().map(|group| group.name).collect();
        assert_eq!(names.len(), TABLE.len());
        for group in TABLE {
            assert!(group.burst >= 1.0 && group.refill > 0.0 && group.most >= group.refill, "{group:?}");
            assert!(!group.is_published() || group.most == group.refill, "{group:?}");
        }
    }
}
