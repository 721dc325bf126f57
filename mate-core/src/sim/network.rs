//! What EC2 refuses in a network: ranges that do not fit, a NAT gateway without a way out, a gateway that is in use.

use ipnet::Ipv4Net;
use serde_json::Value;

use super::links;
use super::object::Object;
use super::rules::{Refusal, refuse};
use super::state::State;
use crate::provider::ErrorClass;

/// The range of a VPC or subnet, of /16 to /28.
pub(super) fn check_range(inputs: &Value, code: &str) -> Result<Ipv4Net, Refusal> {
    let text = inputs["cidr_block"].as_str().unwrap_or_default();
    match text.parse::<Ipv4Net>() {
        Err(_) => {
            let message = format!("{text} is not a range of addresses");
            refuse(ErrorClass::Invalid, "InvalidParameterValue", message)
        }
        Ok(range) if range.trunc() != range || !(16..=28).contains(&range.prefix_len()) => {
            refuse(ErrorClass::Invalid, code, format!("the range {text} is invalid"))
        }
        Ok(range) => Ok(range),
    }
}

fn range_of(object: &Object) -> Option<Ipv4Net> {
    object.inputs["cidr_block"].as_str()?.parse().ok()
}

impl State {
    /// Whether the object fits into its network. `own` is the object itself, once there is one.
    pub(super) fn check_network(&self, kind: &str, inputs: &Value, own: Option<u64>) -> Result<(), Refusal> {
        match kind {
            "ec2:FlowLog" => self.check_flow_log(inputs, own),
            "ec2:InternetGateway" => self.check_one_gateway(inputs, own),
            "ec2:NatGateway" => self.check_way_out(inputs),
            "ec2:Subnet" => self.check_subnet(inputs, own),
            _ => Ok(()),
        }
    }

    fn check_subnet(&self, inputs: &Value, own: Option<u64>) -> Result<(), Refusal> {
        let wanted = check_range(inputs, "InvalidSubnet.Range")?;
        let vpc = inputs["vpc_id"].as_str().and_then(|id| self.by_key("ec2:VPC", id));
        if vpc.and_then(range_of).is_some_and(|range| !range.contains(&wanted)) {
            let message = format!("the range {wanted} is not within the VPC's");
            return refuse(ErrorClass::Invalid, "InvalidSubnet.Range", message);
        }
        let meets = |range: Ipv4Net| range.contains(&wanted) || wanted.contains(&range);
        let mut others = self.of_kind("ec2:Subnet").filter(|other| {
            Some(other.uid) != own && other.inputs["vpc_id"] == inputs["vpc_id"] && range_of(other).is_some_and(meets)
        });
        match others.next() {
            Some(other) => {
                let message = format!("the range {wanted} conflicts with {}", other.physical_id);
                refuse(ErrorClass::Invalid, "InvalidSubnet.Conflict", message)
            }
            None => Ok(()),
        }
    }

    fn check_one_gateway(&self, inputs: &Value, own: Option<u64>) -> Result<(), Refusal> {
        let mut others = self.of_kind("ec2:InternetGateway");
        if others.any(|other| Some(other.uid) != own && other.inputs["vpc_id"] == inputs["vpc_id"]) {
            let message = format!("network {} already has an internet gateway attached", inputs["vpc_id"]);
            return refuse(ErrorClass::Invalid, "Resource.AlreadyAssociated", message);
        }
        Ok(())
    }

    fn check_way_out(&self, inputs: &Value) -> Result<(), Refusal> {
        let Some(subnet) = inputs["subnet_id"].as_str().and_then(|id| self.by_key("ec2:Subnet", id)) else {
            return Ok(());
        };
        let vpc = &subnet.inputs["vpc_id"];
        let attached = |gateway: &Object| gateway.gone_at.is_none() && gateway.inputs["vpc_id"] == *vpc;
        if self.of_kind("ec2:InternetGateway").any(attached) {
            return Ok(());
        }
        refuse(ErrorClass::Dependency, "Gateway.NotAttached", format!("network {vpc} has no internet gateway attached"))
    }

    fn check_flow_log(&self, inputs: &Value, own: Option<u64>) -> Result<(), Refusal> {
        let same = |other: &Object| {
            ["vpc_id", "log_group_name", "traffic_type"].iter().all(|field| other.inputs[*field] == inputs[*field])
        };
        if self.of_kind("ec2:FlowLog").any(|other| Some(other.uid) != own && same(other)) {
            let message = "there is an existing flow log with the same configuration and log destination";
            return refuse(ErrorClass::AlreadyExists, "FlowLogAlreadyExists", message);
        }
        Ok(())
    }

    /// An internet gateway is detached only once no public address of its VPC is mapped.
    pub(super) fn check_unmapped(&self, gateway: &Object) -> Result<(), Refusal> {
        let vpc = &gateway.inputs["vpc_id"];
        let within = |path: &'static str| {
            move |object: &&Object| {
                let subnets = links::texts_at(&object.inputs, path);
                let mut subnets = subnets.into_iter().filter_map(|id| self.by_key("ec2:Subnet", id));
                subnets.any(|subnet| subnet.inputs["vpc_id"] == *vpc)
            }
        };
        let nats = self.of_kind("ec2:NatGateway").filter(within("subnet_id"));
        let balancers = self.of_kind("elbv2:LoadBalancer").filter(within("subnet_ids.*"));
        let mut mapped = nats.chain(balancers.filter(|balancer| balancer.inputs["scheme"] == "internet-facing"));
        match mapped.next() {
            Some(object) => {
                let message = format!("network {vpc} has a mapped public address: that of {}", object.physical_id);
                refuse(ErrorClass::Dependency, "DependencyViolation", message)
            }
            None => Ok(()),
        }
    }
}
