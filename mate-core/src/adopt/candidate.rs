//! An object that exists and may stand for a node.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::forms::{is_arn, resource_of};
use crate::model::Tags;
use crate::model::ids::{KindName, NodeId};
use crate::provider::Discovered;

/// An object that exists and may stand for a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Candidate {
    /// Its kind.
    pub kind: KindName,
    /// Its physical id, as [`crate::provider::Live::physical_id`] has it. Where a source only tells another name by which
    /// AWS finds the object too (the name of a cluster, the id of a key), it is that until the object was observed.
    pub physical_id: String,
    /// Its physical name, where it has one; a tag `Name` is not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What else is known of it: fields of its kind's inputs, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hints: BTreeMap<String, String>,
    /// Its tags, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// Where it was found: `module.vpc.aws_vpc.main`, the name of an output, an ARN.
    pub origin: String,
    /// The node that it stands for, where the caller said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
}

impl Candidate {
    /// An object of which no more is known than its id, and its name where the id carries it.
    #[must_use]
    pub fn new(kind: KindName, physical_id: impl Into<String>, origin: impl Into<String>) -> Self {
        let physical_id = plain_id(&kind, physical_id.into());
        let name = name_of(&kind, &physical_id);
        let (hints, tags, origin) = (BTreeMap::new(), Tags::new(), origin.into());
        Self { kind, physical_id, name, hints, tags, origin, node: None }
    }

    /// What a search by tags found; none where its kind is not one that we know.
    #[must_use]
    pub fn from_discovered(found: &Discovered) -> Option<Self> {
        let (kind, id) = (found.kind.clone()?, found.physical_id.as_deref()?);
        Some(Self { tags: found.tags.clone(), ..Self::new(kind, id, &found.arn) })
    }

    /// How it is called: its physical name, else its tag `Name`.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| self.tags.get("Name").map(String::as_str))
    }
}

/// The id without what some answers of AWS put around it.
fn plain_id(kind: &KindName, id: String) -> String {
    match kind.as_str() {
        "route53:HostedZone" => id.strip_prefix("/hostedzone/").map(str::to_owned).unwrap_or(id),
        "logs:LogGroup" => id.strip_suffix(":*").map(str::to_owned).unwrap_or(id),
        _ => id,
    }
}

/// The physical name of an object, where its physical id carries it; none for an object that is known by an opaque id
/// (`vpc-…`, the ARN of a certificate).
#[must_use]
pub fn name_of(kind: &KindName, physical_id: &str) -> Option<String> {
    // An object that its driver knows by an ARN may be given by its name alone.
    let resource = if is_arn(physical_id) { resource_of(physical_id)? } else { physical_id };
    let last = |text: &str| text.rsplit('/').next().map(str::to_owned);
    let name = match kind.as_str() {
        "s3:Bucket" | "cognito-idp:UserPoolDomain" => Some(resource.to_owned()),
        "ecr:Repository" => Some(resource.strip_prefix("repository/").unwrap_or(resource).to_owned()),
        "ecs:Cluster" | "ecs:Service" | "iam:Role" | "cloudtrail:Trail" | "application-autoscaling:ScalableTarget" => {
            last(resource)
        }
        "rds:DBInstance"
        | "rds:DBParameterGroup"
        | "rds:DBSubnetGroup"
        | "elasticache:CacheSubnetGroup"
        | "elasticache:ReplicationGroup" => resource.rsplit(':').next().map(str::to_owned),
        "logs:LogGroup" => {
            let name = resource.strip_prefix("log-group:").unwrap_or(resource);
            Some(name.strip_suffix(":*").unwrap_or(name).to_owned())
        }
        "ecs:TaskDefinition" => last(resource)?.split(':').next().map(str::to_owned),
        "elbv2:LoadBalancer" => resource.strip_prefix("loadbalancer/app/")?.split('/').next().map(str::to_owned),
        "elbv2:TargetGroup" => resource.strip_prefix("targetgroup/")?.split('/').next().map(str::to_owned),
        "wafv2:WebACL" => resource.strip_prefix("regional/webacl/")?.split('/').next().map(str::to_owned),
        "secretsmanager:Secret" => resource.strip_prefix("secret:").map(|name| secret_name(name).to_owned()),
        "application-autoscaling:ScalingPolicy" => resource.split_once(":policyName/").map(|(_, name)| name.to_owned()),
        "cognito-idp:IdentityProvider" => resource.split_once('/').map(|(_, name)| name.to_owned()),
        "route53:RecordSet" => {
            resource.strip_suffix("/A")?.split_once('/').map(|(_, name)| name.trim_end_matches('.').to_owned())
        }
        _ => None,
    };
    name.filter(|name| !name.is_empty())
}

/// A secret's name: AWS puts a hyphen and six random characters behind it.
fn secret_name(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((name, random)) if random.len() == 6 && random.bytes().all(|b| b.is_ascii_alphanumeric()) => name,
        _ => name,
    }
}
