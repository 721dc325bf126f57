//! The VPC with its subnets, ways out, and private ways to AWS.

use std::collections::BTreeMap;

use super::context::Context;
use crate::kinds::elastic_ip::ElasticIpInputs;
use crate::kinds::internet_gateway::InternetGatewayInputs;
use crate::kinds::nat_gateway::NatGatewayInputs;
use crate::kinds::route_table::{Route, RouteTableInputs, RouteTarget};
use crate::kinds::security_group::{Peer, Rule, SecurityGroupInputs};
use crate::kinds::subnet::SubnetInputs;
use crate::kinds::vpc::VpcInputs;
use crate::kinds::vpc_endpoint::VpcEndpointInputs;
use crate::kinds::{ElasticIp, InternetGateway, NatGateway, RouteTable, SecurityGroup, Subnet, Vpc, VpcEndpoint};
use crate::model::{GraphError, Input, NodeHandle};
use crate::spec::{AddressPlan, NatStrategy, SubnetPlan};

const ANYWHERE: &str = "0.0.0.0/0";

#[derive(Debug)]
pub(super) struct Network {
    pub(super) vpc: NodeHandle<Vpc>,
    public: Vec<NodeHandle<Subnet>>,
    private: Vec<NodeHandle<Subnet>>,
    database: Vec<NodeHandle<Subnet>>,
}

impl Network {
    pub(super) fn vpc_id(&self) -> Input<String> {
        self.vpc.out(Vpc::ID)
    }

    pub(super) fn private_subnets(&self) -> Vec<Input<String>> {
        ids(&self.private)
    }

    pub(super) fn outputs(&self, outputs: &mut BTreeMap<String, Input<String>>) {
        outputs.insert("vpc_id".into(), self.vpc_id());
        let tiers = [
            ("public_subnet_ids", &self.public),
            ("private_subnet_ids", &self.private),
            ("database_subnet_ids", &self.database),
        ];
        for (name, subnets) in tiers {
            outputs.extend(ids(subnets).into_iter().enumerate().map(|(index, id)| (format!("{name}.{index}"), id)));
        }
    }
}

fn ids(subnets: &[NodeHandle<Subnet>]) -> Vec<Input<String>> {
    subnets.iter().map(|subnet| subnet.out(Subnet::ID)).collect()
}

pub(super) fn network(cx: &mut Context<'_>, addresses: &AddressPlan) -> Result<Network, GraphError> {
    let vpc =
        VpcInputs { cidr_block: cx.spec.vpc_cidr.to_string(), enable_dns_support: true, enable_dns_hostnames: true };
    let vpc: NodeHandle<Vpc> = cx.add("vpc", cx.name(), &vpc)?;
    let network = Network {
        public: subnets(cx, &vpc, "public", &addresses.public)?,
        private: subnets(cx, &vpc, "private", &addresses.private)?,
        database: subnets(cx, &vpc, "database", &addresses.database)?,
        vpc,
    };
    let gateway = InternetGatewayInputs { vpc_id: network.vpc_id() };
    let gateway: NodeHandle<InternetGateway> = cx.add("internet-gateway", cx.name(), &gateway)?;
    let out = RouteTarget::InternetGateway(gateway.out(InternetGateway::ID));
    table(cx, &network, "public", Some(out), ids(&network.public))?;
    let mut tables = private_tables(cx, &network, &gateway)?;
    if !network.database.is_empty() {
        tables.push(table(cx, &network, "database", None, ids(&network.database))?);
    }
    endpoints(cx, &network, &tables)?;
    Ok(network)
}

fn subnets(
    cx: &mut Context<'_>,
    vpc: &NodeHandle<Vpc>,
    tier: &str,
    plans: &[SubnetPlan],
) -> Result<Vec<NodeHandle<Subnet>>, GraphError> {
    let mut subnets = Vec::with_capacity(plans.len());
    for (index, plan) in plans.iter().enumerate() {
        let inputs = SubnetInputs {
            vpc_id: vpc.out(Vpc::ID),
            cidr_block: plan.cidr.to_string(),
            availability_zone: plan.availability_zone.clone(),
            // Load balancers and NAT gateways bring addresses of their own.
            map_public_ip_on_launch: false,
        };
        let name = cx.part::<Subnet>(&format!("{tier}-{}", plan.availability_zone));
        subnets.push(cx.add(&format!("{tier}-subnet-{}", index + 1), name, &inputs)?);
    }
    Ok(subnets)
}

fn table(
    cx: &mut Context<'_>,
    network: &Network,
    part: &str,
    out: Option<RouteTarget>,
    subnet_ids: Vec<Input<String>>,
) -> Result<NodeHandle<RouteTable>, GraphError> {
    let route = |target| Route { destination_cidr_block: ANYWHERE.into(), target };
    let inputs =
        RouteTableInputs { vpc_id: network.vpc_id(), routes: out.map(route).into_iter().collect(), subnet_ids };
    let name = cx.part::<RouteTable>(part);
    // `private-1` is `private-route-table-1`.
    let id = match part.split_once('-') {
        Some((tier, number)) => format!("{tier}-route-table-{number}"),
        None => format!("{part}-route-table"),
    };
    cx.add(&id, name, &inputs)
}

/// A table a NAT gateway; one table without a way out where there is none.
fn private_tables(
    cx: &mut Context<'_>,
    network: &Network,
    gateway: &NodeHandle<InternetGateway>,
) -> Result<Vec<NodeHandle<RouteTable>>, GraphError> {
    let all = network.private_subnets();
    let groups: Vec<Vec<Input<String>>> = match cx.spec.nat {
        NatStrategy::PerZone => all.into_iter().map(|subnet| vec![subnet]).collect(),
        NatStrategy::One | NatStrategy::None => vec![all],
    };
    let mut tables = Vec::new();
    for (index, group) in groups.into_iter().enumerate() {
        let number = index + 1;
        let out = match cx.spec.nat {
            NatStrategy::None => None,
            _ => Some(RouteTarget::NatGateway(nat_gateway(cx, network, gateway, index)?.out(NatGateway::ID))),
        };
        tables.push(table(cx, network, &format!("private-{number}"), out, group)?);
    }
    Ok(tables)
}

fn nat_gateway(
    cx: &mut Context<'_>,
    network: &Network,
    gateway: &NodeHandle<InternetGateway>,
    index: usize,
) -> Result<NodeHandle<NatGateway>, GraphError> {
    let number = index + 1;
    let name = cx.part::<NatGateway>(&format!("nat-{number}"));
    let address: NodeHandle<ElasticIp> = cx.add(&format!("nat-eip-{number}"), name.clone(), &ElasticIpInputs {})?;
    let inputs = NatGatewayInputs {
        subnet_id: network.public[index].out(Subnet::ID),
        allocation_id: address.out(ElasticIp::ALLOCATION_ID),
        after: vec![gateway.out(InternetGateway::ID)],
    };
    cx.add(&format!("nat-gateway-{number}"), name, &inputs)
}

fn endpoints(cx: &mut Context<'_>, network: &Network, tables: &[NodeHandle<RouteTable>]) -> Result<(), GraphError> {
    let service = |cx: &Context<'_>, name: &str| format!("com.amazonaws.{}.{name}", cx.identity.region);
    if cx.spec.s3_endpoint {
        let inputs = VpcEndpointInputs {
            vpc_id: network.vpc_id(),
            service_name: service(cx, "s3"),
            endpoint_type: "Gateway".into(),
            route_table_ids: tables.iter().map(|table| table.out(RouteTable::ID)).collect(),
            subnet_ids: Vec::new(),
            security_group_ids: Vec::new(),
            private_dns_enabled: false,
        };
        let name = cx.part::<VpcEndpoint>("s3");
        cx.add::<VpcEndpoint>("s3-endpoint", name, &inputs)?;
    }
    let services = cx.spec.endpoint_services();
    if services.is_empty() {
        return Ok(());
    }
    let range = Peer::Cidr(cx.spec.vpc_cidr.to_string());
    let inputs = SecurityGroupInputs {
        description: "Interface endpoints of the platform".into(),
        vpc_id: network.vpc_id(),
        ingress: vec![Rule::tcp(443, range, "From the VPC")],
        egress: vec![Rule::all_out()],
    };
    let name = cx.part::<SecurityGroup>("endpoints");
    let group: NodeHandle<SecurityGroup> = cx.add("endpoints-security-group", name, &inputs)?;
    for short in services {
        let inputs = VpcEndpointInputs {
            vpc_id: network.vpc_id(),
            service_name: service(cx, &short),
            endpoint_type: "Interface".into(),
            route_table_ids: Vec::new(),
            subnet_ids: network.private_subnets(),
            security_group_ids: vec![group.out(SecurityGroup::ID)],
            private_dns_enabled: true,
        };
        let part = short.replace('.', "-");
        let name = cx.part::<VpcEndpoint>(&part);
        cx.add::<VpcEndpoint>(&format!("endpoint-{part}"), name, &inputs)?;
    }
    Ok(())
}
