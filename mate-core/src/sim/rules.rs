//! What AWS refuses: inputs that it does not accept, references into nothing, deletion of what is protected or in use.

use std::time::Duration;

use serde_json::Value;

use super::kinds::behaviour;
use super::links;
use super::network;
use super::object::{Object, same};
use super::state::State;
use crate::kinds;
use crate::kinds::log_group::RETENTION_DAYS;
use crate::model::references;
use crate::model::{Change, Impact, Kind};
use crate::provider::{DataPolicy, ErrorClass, Status};

/// A refusal: its class, AWS's code, and the message.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) class: ErrorClass,
    pub(super) code: String,
    pub(super) message: String,
}

pub(super) fn refuse<T>(class: ErrorClass, code: &str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { class, code: code.to_owned(), message: message.into() })
}

macro_rules! parse_as {
    ($kind:expr, $inputs:expr, $($name:ident),*) => {
        match $kind {
            $(<kinds::$name as Kind>::NAME => serde_json::from_value::<<kinds::$name as Kind>::Inputs>($inputs.clone()).map(drop),)*
            _ => Ok(()),
        }
    };
}

/// Whether the inputs have the kind's form and values that AWS accepts.
pub(super) fn check_inputs(kind: &str, inputs: &Value) -> Result<(), Refusal> {
    if let Some(open) = references(inputs).first() {
        return refuse(ErrorClass::Bug, "UnresolvedReference", format!("the inputs still refer to {open}"));
    }
    let parsed = parse_as!(
        kind,
        inputs,
        AccessPoint,
        Bucket,
        CacheSubnetGroup,
        Certificate,
        Cluster,
        DbInstance,
        DbParameterGroup,
        DbSubnetGroup,
        ElasticIp,
        FileSystem,
        FlowLog,
        HostedZone,
        IdentityProvider,
        InternetGateway,
        Key,
        Listener,
        ListenerRule,
        LoadBalancer,
        LogGroup,
        MountTarget,
        NatGateway,
        RecordSet,
        ReplicationGroup,
        Repository,
        Role,
        RouteTable,
        ScalableTarget,
        ScalingPolicy,
        Secret,
        SecurityGroup,
        Service,
        Subnet,
        TargetGroup,
        Task,
        TaskDefinition,
        Trail,
        UserPool,
        UserPoolDomain,
        Vpc,
        VpcEndpoint,
        WebAcl,
        WebAclAssociation
    );
    if let Err(error) = parsed {
        return refuse(ErrorClass::Bug, "SerializationException", format!("the inputs do not fit {kind}: {error}"));
    }
    let number = |field: &str| inputs[field].as_u64().unwrap_or(0);
    let length = |field: &str| inputs[field].as_array().map_or(0, Vec::len);
    let invalid = |code: &str, message: &str| refuse(ErrorClass::Invalid, code, message);
    match kind {
        "rds:DBInstance" if !(20..=65536).contains(&number("allocated_storage_gib")) => {
            invalid("InvalidParameterValue", "AllocatedStorage must be 20 to 65536 GiB")
        }
        "ecs:Task" if !is_starter(inputs["run"].as_str().unwrap_or_default()) => invalid(
            "InvalidParameterException",
            "startedBy must be 1 to 128 letters, digits, hyphens, underscores and slashes",
        ),
        "rds:DBInstance" if number("max_allocated_storage_gib") < number("allocated_storage_gib") => {
            invalid("InvalidParameterCombination", "MaxAllocatedStorage must not be less than AllocatedStorage")
        }
        "rds:DBInstance" if number("backup_retention_days") > 35 => {
            invalid("InvalidParameterValue", "BackupRetentionPeriod must be 0 to 35")
        }
        "elasticache:ReplicationGroup" if inputs["automatic_failover"] == true && number("num_cache_clusters") < 2 => {
            invalid("InvalidParameterCombination", "automatic failover needs two nodes at least")
        }
        "elasticache:ReplicationGroup" if inputs["multi_az"] == true && inputs["automatic_failover"] != true => {
            invalid("InvalidParameterCombination", "Multi-AZ needs automatic failover")
        }
        "elbv2:LoadBalancer" if length("subnet_ids") < 2 => {
            invalid("ValidationError", "at least two subnets in two different zones must be specified")
        }
        "rds:DBSubnetGroup" if length("subnet_ids") < 2 => {
            invalid("DBSubnetGroupDoesNotCoverEnoughAZs", "the subnet group must cover two zones at least")
        }
        "efs:MountTarget" if length("security_group_ids") > 5 => {
            invalid("SecurityGroupLimitExceeded", "at most five security groups")
        }
        "logs:LogGroup" if !RETENTION_DAYS.iter().any(|days| u64::from(*days) == number("retention_days")) => {
            invalid("InvalidParameterException", "retentionInDays is not one of the allowed values")
        }
        "elbv2:Listener" if inputs["protocol"] == "HTTPS" && inputs["certificate_arn"].is_null() => {
            invalid("CertificateNotFound", "a certificate must be specified for HTTPS listeners")
        }
        "cognito-idp:UserPool" if !(6..=99).contains(&number("password_minimum_length")) => {
            invalid("InvalidParameterException", "MinimumLength must be 6 to 99")
        }
        "ec2:FlowLog" if !matches!(number("max_aggregation_seconds"), 60 | 600) => {
            invalid("InvalidParameter", "MaxAggregationInterval must be 60 or 600")
        }
        "ec2:VPCEndpoint"
            if inputs["endpoint_type"] == "Gateway" && length("subnet_ids") + length("security_group_ids") > 0 =>
        {
            invalid("InvalidParameter", "a gateway endpoint takes neither subnets nor security groups")
        }
        "ec2:VPC" => network::check_range(inputs, "InvalidVpc.Range").map(drop),
        "ec2:Subnet" => network::check_range(inputs, "InvalidSubnet.Range").map(drop),
        "kms:Key" if !(7..=30).contains(&number("pending_window_days")) => {
            invalid("ValidationException", "PendingWindowInDays must be 7 to 30")
        }
        "wafv2:WebACL" if !inputs["rate_limit"].is_null() && number("rate_limit") < 10 => {
            invalid("WAFInvalidParameterException", "the limit of a rate-based rule must be 10 at least")
        }
        _ => Ok(()),
    }
}

/// Whether ECS takes it for who started a task.
fn is_starter(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether the change of `fields` is one that AWS makes in place.
pub(super) fn check_change(state: &State, object: &Object, new: &Value) -> Result<(), Refusal> {
    let Some(model) = state.config.model(&object.kind) else { return Ok(()) };
    if object.inputs["stopped"] == true && new["stopped"] == true {
        let message = format!("{} is stopped: it is started before it is changed", object.name);
        return refuse(ErrorClass::Invalid, "InvalidDBInstanceState", message);
    }
    for rule in model.fields {
        let (old, wanted) = (&object.inputs[rule.field], &new[rule.field]);
        if rule.edge_only || same(old, wanted, rule.unordered) {
            continue;
        }
        let impact = match rule.change {
            Change::Always(impact) => impact,
            Change::By(by) => by(&object.inputs, new),
        };
        if let Impact::Replace(why) | Impact::Never(why) = impact {
            let message = format!("{} cannot be changed in place: {why}", rule.field);
            return refuse(ErrorClass::Invalid, "InvalidParameterCombination", message);
        }
    }
    Ok(())
}

impl State {
    /// Whether all that the inputs refer to is there.
    /// `own` is the object that has the inputs, once there is one.
    pub(super) fn check_links(
        &self,
        kind: &str,
        inputs: &Value,
        own: Option<u64>,
        now: Duration,
    ) -> Result<(), Refusal> {
        for link in links::of(kind) {
            for text in links::texts_at(inputs, link.path) {
                let known = self.by_key(link.target, text);
                let Some(target) = known.filter(|target| target.gone_at.is_none()) else {
                    let elsewhere = link.base && known.is_none() && !self.was_here(link.target, text);
                    if elsewhere || (link.target == "rds:DBParameterGroup" && text.starts_with("default.")) {
                        continue;
                    }
                    let message = format!("the {} {text} does not exist", link.target);
                    return refuse(ErrorClass::Invalid, link.missing, message);
                };
                if target.visible_at > now {
                    let message = format!("the {} {text} does not exist", link.target);
                    return refuse(ErrorClass::EventualConsistency, link.missing, message);
                }
                if !link.not_ready.is_empty() && matches!(self.status(target, now), Status::Pending(_)) {
                    let message = format!("the {} {text} is not available", link.target);
                    return refuse(ErrorClass::Dependency, link.not_ready, message);
                }
            }
        }
        self.check_attached(kind, inputs)?;
        self.check_network(kind, inputs, own)?;
        self.check_writable(kind, inputs)?;
        self.check_alias(kind, inputs, own)
    }

    /// An alias leads to one key.
    fn check_alias(&self, kind: &str, inputs: &Value, own: Option<u64>) -> Result<(), Refusal> {
        if kind != "kms:Key" {
            return Ok(());
        }
        let taken = |key: &&Object| Some(key.uid) != own && key.inputs["alias"] == inputs["alias"];
        match self.of_kind(kind).find(taken) {
            Some(key) => {
                let message = format!("the alias {} leads to {}", inputs["alias"], key.physical_id);
                refuse(ErrorClass::AlreadyExists, "AlreadyExistsException", message)
            }
            None => Ok(()),
        }
    }

    /// ECS takes a target group only once a load balancer has it.
    fn check_attached(&self, kind: &str, inputs: &Value) -> Result<(), Refusal> {
        if kind != "ecs:Service" {
            return Ok(());
        }
        let groups = ["load_balancers.*.target_group_arn", "load_balancers.*.alternate.target_group_arn"];
        for arn in groups.iter().flat_map(|path| links::texts_at(inputs, path)) {
            let attached = self.by_key("elbv2:TargetGroup", arn).is_some_and(|group| {
                self.holders(group).iter().any(|holder| holder.kind.as_str().starts_with("elbv2:Listener"))
            });
            if !attached {
                let message = format!("the target group {arn} does not have an associated load balancer");
                return refuse(ErrorClass::Invalid, "InvalidParameterException", message);
            }
        }
        Ok(())
    }

    /// Whether the object can be changed or deleted now.
    pub(super) fn check_idle(&self, object: &Object, now: Duration) -> Result<(), Refusal> {
        let busy = behaviour(&object.kind).busy;
        match self.status(object, now) {
            Status::Deleting => {
                let code = if busy.is_empty() { "OperationInProgress" } else { busy };
                refuse(ErrorClass::Conflict, code, format!("{} is being deleted", object.name))
            }
            Status::Pending(word) if !busy.is_empty() && !object.stuck => {
                refuse(ErrorClass::Conflict, busy, format!("{} is {word}", object.name))
            }
            _ => Ok(()),
        }
    }

    /// Whether the object may be deleted.
    pub(super) fn check_delete(&self, object: &Object, data: &DataPolicy) -> Result<(), Refusal> {
        let protected = object.inputs["deletion_protection"] == true;
        match object.kind.as_str() {
            "elbv2:LoadBalancer" if protected => {
                let message = format!("the load balancer {} has deletion protection enabled", object.name);
                return refuse(ErrorClass::Invalid, "OperationNotPermitted", message);
            }
            "rds:DBInstance" if protected => {
                let message = format!("cannot delete the protected DB instance {}", object.name);
                return refuse(ErrorClass::Invalid, "InvalidParameterCombination", message);
            }
            "cognito-idp:UserPool" if protected => {
                let message = format!("the user pool {} has deletion protection activated", object.physical_id);
                return refuse(ErrorClass::Invalid, "InvalidParameterException", message);
            }
            "ecr:Repository" if matches!(data, DataPolicy::Keep { .. }) && self.images.contains_key(&object.name) => {
                let message = format!("the repository {} still contains images", object.name);
                return refuse(ErrorClass::Dependency, "RepositoryNotEmptyException", message);
            }
            "ec2:InternetGateway" => self.check_unmapped(object)?,
            "s3:Bucket" if matches!(data, DataPolicy::Keep { .. }) && self.buckets.contains_key(&object.name) => {
                let message = format!("the bucket {} is not empty", object.name);
                return refuse(ErrorClass::Dependency, "BucketNotEmpty", message);
            }
            _ => {}
        }
        self.check_snapshot(object, data)?;
        for holder in self.holders(object) {
            let mut held = links::of(holder.kind.as_str()).filter(|link| {
                let texts = links::texts_at(&holder.inputs, link.path);
                link.target == object.kind.as_str()
                    && !link.in_use.is_empty()
                    && texts.iter().any(|text| object.keys.iter().any(|key| key == text))
            });
            if let Some(link) = held.next() {
                let message = format!("{} is in use by the {} {}", object.physical_id, holder.kind, holder.name);
                return refuse(ErrorClass::Dependency, link.in_use, message);
            }
        }
        Ok(())
    }

    /// What a new object is filled with: the content of the snapshot that its inputs name.
    pub(super) fn restored(&self, kind: &str, inputs: &Value) -> Result<Option<String>, Refusal> {
        let Some(name) = inputs["snapshot_name"].as_str().filter(|_| kind == "elasticache:ReplicationGroup") else {
            return Ok(None);
        };
        match self.snapshots.iter().find(|taken| taken.name == name && taken.kind.as_str() == kind) {
            Some(snapshot) => Ok(snapshot.content.clone()),
            None => refuse(ErrorClass::Invalid, "SnapshotNotFoundFault", format!("the snapshot {name} does not exist")),
        }
    }

    fn check_snapshot(&self, object: &Object, data: &DataPolicy) -> Result<(), Refusal> {
        let kind = &object.kind;
        let DataPolicy::Keep { final_snapshot } = data else { return Ok(()) };
        match (kind.as_str(), final_snapshot) {
            ("elasticache:ReplicationGroup", Some(_)) if object.inputs["node_type"] == "cache.t1.micro" => refuse(
                ErrorClass::Invalid,
                "SnapshotFeatureNotSupportedFault",
                "snapshots are not supported on cache.t1.micro",
            ),
            ("rds:DBInstance", None) => refuse(
                ErrorClass::Invalid,
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified",
            ),
            ("rds:DBInstance" | "elasticache:ReplicationGroup", Some(name))
                if self.snapshots.iter().any(|taken| taken.name == *name && taken.kind == *kind) =>
            {
                let rds = kind.as_str() == "rds:DBInstance";
                let code = if rds { "DBSnapshotAlreadyExists" } else { "SnapshotAlreadyExistsFault" };
                refuse(ErrorClass::AlreadyExists, code, format!("a snapshot called {name} exists"))
            }
            _ => Ok(()),
        }
    }
}
