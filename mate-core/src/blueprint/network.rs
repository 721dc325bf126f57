//! Five security groups, chained: the world to the load balancer, that to the tasks, those to the data.

use std::collections::BTreeSet;

use super::context::Context;
use crate::kinds::SecurityGroup;
use crate::kinds::security_group::{Peer, Rule, SecurityGroupInputs};
use crate::model::{GraphError, Input, NodeHandle};

pub(super) const POSTGRES: u16 = 5432;
pub(super) const REDIS: u16 = 6379;
const NFS: u16 = 2049;

#[derive(Debug)]
pub(super) struct SecurityGroups {
    alb: NodeHandle<SecurityGroup>,
    ecs: NodeHandle<SecurityGroup>,
    rds: NodeHandle<SecurityGroup>,
    redis: NodeHandle<SecurityGroup>,
    efs: NodeHandle<SecurityGroup>,
}

impl SecurityGroups {
    pub(super) fn alb(&self) -> Vec<Input<String>> {
        vec![self.alb.out(SecurityGroup::ID)]
    }

    pub(super) fn ecs(&self) -> Vec<Input<String>> {
        vec![self.ecs.out(SecurityGroup::ID)]
    }

    pub(super) fn rds(&self) -> Vec<Input<String>> {
        vec![self.rds.out(SecurityGroup::ID)]
    }

    pub(super) fn redis(&self) -> Vec<Input<String>> {
        vec![self.redis.out(SecurityGroup::ID)]
    }

    pub(super) fn efs(&self) -> Vec<Input<String>> {
        vec![self.efs.out(SecurityGroup::ID)]
    }
}

pub(super) fn security_groups(cx: &mut Context<'_>) -> Result<SecurityGroups, GraphError> {
    let anywhere = || Peer::Cidr("0.0.0.0/0".into());
    let exposed = || cx.tenant.services.iter().filter_map(|service| Some((service, service.exposure.as_ref()?)));
    let mut listener_ports: BTreeSet<u16> = exposed().map(|(_, exposure)| exposure.listener_port).collect();
    listener_ports.extend([80, 443]);
    let service_ports: BTreeSet<u16> = exposed().filter_map(|(service, _)| service.port).collect();

    let alb = group(
        cx,
        "alb",
        "Load balancer",
        listener_ports.into_iter().map(|port| Rule::tcp(port, anywhere(), "From anywhere")).collect(),
    )?;
    let from = |handle: &NodeHandle<SecurityGroup>| Peer::SecurityGroup(handle.out(SecurityGroup::ID));
    let from_alb =
        service_ports.into_iter().map(|port| Rule::tcp(port, from(&alb), "From the load balancer")).collect();
    let ecs = group(cx, "ecs", "Tasks", from_alb)?;
    let from_tasks = |port| vec![Rule::tcp(port, from(&ecs), "From the tasks")];
    let rds = group(cx, "rds", "Database", from_tasks(POSTGRES))?;
    let redis = group(cx, "redis", "Cache", from_tasks(REDIS))?;
    let efs = group(cx, "efs", "File system", from_tasks(NFS))?;
    Ok(SecurityGroups { alb, ecs, rds, redis, efs })
}

fn group(
    cx: &mut Context<'_>,
    part: &str,
    what: &str,
    ingress: Vec<Rule>,
) -> Result<NodeHandle<SecurityGroup>, GraphError> {
    let inputs = SecurityGroupInputs {
        description: format!("{what} of tenant {}", cx.tenant.id),
        vpc_id: Input::Literal(cx.base.vpc_id.clone()),
        ingress,
        egress: vec![Rule::all_out()],
    };
    cx.add(&format!("{part}-security-group"), &format!("{part}-sg"), &inputs)
}
