//! The quotas that MATE's objects count against: what AWS calls them, what it gives an account, how objects count.

use serde_json::Value;

use super::count::World;
use crate::provider::QuotaId;

/// A limit that AWS sets, and how MATE's objects count against it.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// The service's code at Service Quotas, `vpc`.
    pub service: &'static str,
    /// The quota's code, `L-F678F1CE`. None where Service Quotas has none that could be confirmed: its limit is only known
    /// from this table.
    pub code: Option<&'static str>,
    /// What AWS calls it.
    pub name: &'static str,
    /// What AWS gives an account that has asked for nothing.
    pub default: u64,
    /// The page that says so.
    pub source: &'static str,
    /// Whether AWS raises it on request.
    pub adjustable: bool,
    /// What is counted.
    pub unit: Unit,
    /// What has that many.
    pub per: Per,
    /// The kind whose objects count against it.
    pub kind: &'static str,
    pub(super) amount: fn(&Value, &World<'_>) -> u64,
    pub(super) place: fn(&Value, &World<'_>) -> String,
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Objects.
    Objects,
    /// GiB.
    Gib,
    /// vCPUs; a need is told in CPU units, of which a vCPU has 1,024.
    Vcpu,
}

impl Unit {
    /// In how many parts a need tells one of it.
    #[must_use]
    pub fn parts(self) -> u64 {
        match self {
            Self::Objects | Self::Gib => 1,
            Self::Vcpu => 1024,
        }
    }

    /// A need as it is shown, with what is counted where that is not objects.
    #[must_use]
    pub fn show(self, need: u64) -> String {
        match self {
            Self::Objects => need.to_string(),
            Self::Gib => format!("{need} GiB"),
            Self::Vcpu => {
                let hundredths = (need * 100).div_ceil(self.parts());
                let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
                format!("{} vCPU", text.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

/// What has as many as a quota allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Per {
    /// The account.
    Account,
    /// Each region of the account.
    Region,
    /// Each availability zone.
    AvailabilityZone,
    /// Each VPC.
    Vpc,
    /// Each ECS cluster.
    Cluster,
    /// Each user pool.
    UserPool,
    /// Each hosted zone.
    HostedZone,
}

impl Per {
    /// Whether the account or the region as a whole has them, and not each of several places in it.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Account | Self::Region)
    }
}

impl Quota {
    /// Its id. A quota without a code of AWS has a word in its place, which never begins with `L-`.
    #[must_use]
    pub fn id(&self) -> QuotaId {
        let code = self.code.map_or_else(|| self.name.to_lowercase().replace(' ', "-"), str::to_owned);
        QuotaId { service: self.service.to_owned(), code }
    }

    /// The quota of this id, if the table has it.
    #[must_use]
    pub fn find(id: &QuotaId) -> Option<&'static Self> {
        QUOTAS.iter().find(|quota| quota.id() == *id)
    }

    /// Every quota of the table.
    #[must_use]
    pub fn all() -> &'static [Self] {
        QUOTAS
    }

    const fn region(service: &'static str, code: &'static str, name: &'static str, default: u64) -> Self {
        Self {
            service,
            code: Some(code),
            name,
            default,
            source: "",
            adjustable: true,
            unit: Unit::Objects,
            per: Per::Region,
            kind: "",
            amount: |_, _| 1,
            place: |_, _| String::new(),
        }
    }

    const fn of(mut self, kind: &'static str, source: &'static str) -> Self {
        self.kind = kind;
        self.source = source;
        self
    }

    const fn per(mut self, per: Per, place: fn(&Value, &World<'_>) -> String) -> Self {
        self.per = per;
        self.place = place;
        self
    }

    const fn account(mut self) -> Self {
        self.per = Per::Account;
        self
    }

    const fn fixed(mut self) -> Self {
        self.adjustable = false;
        self
    }

    const fn without_code(mut self) -> Self {
        self.code = None;
        self
    }

    const fn counted(mut self, unit: Unit, amount: fn(&Value, &World<'_>) -> u64) -> Self {
        self.unit = unit;
        self.amount = amount;
        self
    }
}

const VPC: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html";
const PRIVATELINK: &str = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html";
const EC2: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html";
const ELB: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html";
const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html";
const CACHE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html";
const EFS: &str = "https://docs.aws.amazon.com/efs/latest/ug/limits.html";
const S3: &str = "https://docs.aws.amazon.com/general/latest/gr/s3.html";
const IAM: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";
const KMS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html";
const ECS: &str = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html";
const SCALING: &str = "https://docs.aws.amazon.com/general/latest/gr/as-app.html";
const SECRETS: &str = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html";
const LOGS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html";
const COGNITO: &str = "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html";
const WAF: &str = "https://docs.aws.amazon.com/waf/latest/developerguide/limits.html";
const ROUTE53: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html";
const ECR: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html";
const ACM: &str = "https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html";
const TRAIL: &str = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html";

const QUOTAS: &[Quota] = &[
    Quota::region("vpc", "L-F678F1CE", "VPCs per Region", 5).of("ec2:VPC", VPC),
    Quota::region("vpc", "L-407747CB", "Subnets per VPC", 200).of("ec2:Subnet", VPC).per(Per::Vpc, vpc),
    Quota::region("vpc", "L-589F43AA", "Route tables per VPC", 200).of("ec2:RouteTable", VPC).per(Per::Vpc, vpc),
    Quota::region("vpc", "L-A4707A72", "Internet gateways per Region", 5).of("ec2:InternetGateway", VPC),
    Quota::region("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5)
        .of("ec2:NatGateway", VPC)
        .per(Per::AvailabilityZone, |inputs, world| world.followed(&inputs["subnet_id"], "availability_zone")),
    Quota::region("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5).of("ec2:EIP", EC2),
    Quota::region("vpc", "L-E79EC296", "VPC security groups per Region", 2500).of("ec2:SecurityGroup", VPC),
    Quota::region("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", 50)
        .of("ec2:VPCEndpoint", PRIVATELINK)
        .per(Per::Vpc, vpc)
        .counted(Unit::Objects, |inputs, _| u64::from(inputs["endpoint_type"] == "Interface")),
    Quota::region("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", 20)
        .of("ec2:VPCEndpoint", PRIVATELINK)
        .counted(Unit::Objects, |inputs, _| u64::from(inputs["endpoint_type"] == "Gateway")),
    Quota::region("elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", 50)
        .of("elbv2:LoadBalancer", ELB),
    Quota::region("elasticloadbalancing", "L-B22855CB", "Target Groups per Region", 3000).of("elbv2:TargetGroup", ELB),
    Quota::region("rds", "L-7B6409FD", "DB instances", 40).of("rds:DBInstance", RDS),
    Quota::region("rds", "L-7ADDB58A", "Total storage for all DB instances", 100_000)
        .of("rds:DBInstance", RDS)
        .counted(Unit::Gib, |inputs, _| inputs["allocated_storage_gib"].as_u64().unwrap_or(0)),
    Quota::region("rds", "L-48C6BF61", "DB subnet groups", 50).of("rds:DBSubnetGroup", RDS),
    Quota::region("rds", "L-DE55804A", "Parameter groups", 50).of("rds:DBParameterGroup", RDS),
    Quota::region("elasticache", "L-DFE45DF3", "Nodes per Region", 300)
        .of("elasticache:ReplicationGroup", CACHE)
        .counted(Unit::Objects, |inputs, _| inputs["num_cache_clusters"].as_u64().unwrap_or(1)),
    Quota::region("elasticache", "L-3E7F7726", "Subnet groups per Region", 300)
        .of("elasticache:CacheSubnetGroup", CACHE),
    Quota::region("elasticfilesystem", "L-848C634D", "File systems per account", 1000).of("efs:FileSystem", EFS),
    Quota::region("s3", "L-DC2B2D3D", "General purpose buckets", 10_000).of("s3:Bucket", S3).account(),
    Quota::region("iam", "L-FE177D64", "Roles per account", 1000).of("iam:Role", IAM).account(),
    Quota::region("kms", "L-C2F1777E", "Customer Master Keys (CMKs)", 100_000).of("kms:Key", KMS),
    Quota::region("ecs", "L-21C621EB", "Clusters per account", 10_000).of("ecs:Cluster", ECS),
    Quota::region("ecs", "L-9EF96962", "Services per cluster", 5000)
        .of("ecs:Service", ECS)
        .per(Per::Cluster, |inputs, _| inputs["cluster"].to_string()),
    Quota::region("fargate", "L-3032A538", "Fargate On-Demand vCPU resource count", 6)
        .of("ecs:Service", ECS)
        .counted(Unit::Vcpu, |inputs, world| world.task_cpu(inputs) * super::count::tasks(inputs, false)),
    Quota::region("fargate", "L-36FBB829", "Fargate Spot vCPU resource count", 6)
        .of("ecs:Service", ECS)
        .counted(Unit::Vcpu, |inputs, world| world.task_cpu(inputs) * super::count::tasks(inputs, true)),
    Quota::region("application-autoscaling", "L-782A3EE2", "Scalable targets for ECS", 3000)
        .of("application-autoscaling:ScalableTarget", SCALING),
    Quota::region("secretsmanager", "", "Secrets", 500_000).of("secretsmanager:Secret", SECRETS).without_code().fixed(),
    Quota::region("logs", "L-C7B9AAAB", "Log groups", 1_000_000).of("logs:LogGroup", LOGS),
    Quota::region("cognito-idp", "L-66E6DF30", "User pools per account", 1000).of("cognito-idp:UserPool", COGNITO),
    Quota::region("cognito-idp", "L-1B44D826", "Identity providers per user pool", 300)
        .of("cognito-idp:IdentityProvider", COGNITO)
        .per(Per::UserPool, |inputs, _| inputs["user_pool_id"].to_string()),
    Quota::region("wafv2", "L-2EC3DE7B", "Maximum web ACLs per account in WAF for regional", 100)
        .of("wafv2:WebACL", WAF),
    Quota::region("route53", "L-4EA4796A", "Hosted zones", 500).of("route53:HostedZone", ROUTE53).account(),
    Quota::region("route53", "L-E209CC9F", "Records per hosted zone", 10_000)
        .of("route53:RecordSet", ROUTE53)
        .per(Per::HostedZone, |inputs, _| inputs["hosted_zone_id"].to_string()),
    Quota::region("ecr", "L-CFEB8E8D", "Registered repositories", 100_000).of("ecr:Repository", ECR),
    Quota::region("acm", "L-F141DD1D", "ACM certificates", 2500).of("acm:Certificate", ACM),
    Quota::region("cloudtrail", "", "Trails per Region", 5).of("cloudtrail:Trail", TRAIL).without_code().fixed(),
];

fn vpc(inputs: &Value, _: &World<'_>) -> String {
    inputs["vpc_id"].to_string()
}
