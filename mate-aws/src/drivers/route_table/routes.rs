//! The routes of a table: which of them are ours to say, and the calls that bring them to what is wanted.

use aws_sdk_ec2::types::{Route as SdkRoute, RouteOrigin, RouteTable as SdkTable};
use mate_core::kinds::route_table::{Route, RouteTarget};
use mate_core::provider::{ProviderError, Target};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::{ec2, fields};

const CREATE: &str = "ec2:CreateRoute";

/// The routes that somebody made. AWS's own are left out: the local one, those that a VPN propagates, and those that
/// a gateway endpoint puts in, which lead to a prefix list.
pub(super) fn made(table: &SdkTable) -> impl Iterator<Item = &SdkRoute> {
    table.routes().iter().filter(|route| {
        destination(route).is_some()
            && route.gateway_id() != Some("local")
            && !matches!(route.origin(), Some(RouteOrigin::CreateRouteTable | RouteOrigin::EnableVgwRoutePropagation))
    })
}

/// The destination of a route.
pub(super) fn destination(route: &SdkRoute) -> Option<&str> {
    route.destination_cidr_block().or(route.destination_ipv6_cidr_block())
}

/// The routes as the kind has them, with destinations in the wanted spelling.
pub(super) fn told(table: &SdkTable, wanted: &[Route]) -> Vec<Route> {
    let tell = |route: &SdkRoute| {
        let destination = destination(route)?;
        let same = wanted.iter().find(|wanted| ec2::same_range(&wanted.destination_cidr_block, destination));
        let spelling = same.map_or(destination, |wanted| &wanted.destination_cidr_block);
        Some(Route { destination_cidr_block: spelling.to_owned(), target: way(route) })
    };
    made(table).filter_map(tell).collect()
}

/// The way that a route takes. One that the kind does not have is told by its id, which is like nothing that is wanted.
fn way(route: &SdkRoute) -> RouteTarget {
    if let Some(id) = route.nat_gateway_id() {
        return RouteTarget::NatGateway(id.into());
    }
    let id = route
        .gateway_id()
        .or(route.egress_only_internet_gateway_id())
        .or(route.transit_gateway_id())
        .or(route.vpc_peering_connection_id())
        .or(route.network_interface_id())
        .or(route.instance_id())
        .or(route.carrier_gateway_id())
        .or(route.local_gateway_id())
        .or(route.core_network_arn());
    RouteTarget::InternetGateway(id.unwrap_or_default().into())
}

/// Brings the routes to what is wanted: new ones come before old ones go.
pub(super) async fn bring(aws: &Aws, target: &Target, table: &SdkTable, wanted: &[Route]) -> Result<(), ProviderError> {
    let id = table.route_table_id().unwrap_or_default();
    let live = told(table, wanted);
    for route in wanted {
        match live.iter().find(|live| live.destination_cidr_block == route.destination_cidr_block) {
            Some(live) if live.target == route.target => {}
            Some(_) => replace(aws, target, id, route).await?,
            None => create(aws, target, id, route).await?,
        }
    }
    let unwanted = live
        .iter()
        .map(|live| &live.destination_cidr_block)
        .filter(|destination| wanted.iter().all(|wanted| wanted.destination_cidr_block != **destination));
    for destination in unwanted {
        let call = aws.ec2.delete_route().route_table_id(id);
        let call = if destination.contains(':') {
            call.destination_ipv6_cidr_block(destination)
        } else {
            call.destination_cidr_block(destination)
        };
        if_found(call.send().await.map_err(failed(&target.address, "ec2:DeleteRoute")))?;
    }
    Ok(())
}

async fn create(aws: &Aws, target: &Target, id: &str, route: &Route) -> Result<(), ProviderError> {
    let call = aws.ec2.create_route().route_table_id(id).destination_cidr_block(&route.destination_cidr_block);
    let call = match &route.target {
        RouteTarget::InternetGateway(gateway) => call.gateway_id(fields::value(target, gateway)?),
        RouteTarget::NatGateway(gateway) => call.nat_gateway_id(fields::value(target, gateway)?),
    };
    match call.send().await.map_err(failed(&target.address, CREATE)) {
        Ok(_) => Ok(()),
        // An earlier attempt's, which could not be seen yet.
        Err(error) if error.code.as_deref() == Some("RouteAlreadyExists") => replace(aws, target, id, route).await,
        Err(error) => Err(fields::missing(error)),
    }
}

async fn replace(aws: &Aws, target: &Target, id: &str, route: &Route) -> Result<(), ProviderError> {
    let call = aws.ec2.replace_route().route_table_id(id).destination_cidr_block(&route.destination_cidr_block);
    let call = match &route.target {
        RouteTarget::InternetGateway(gateway) => call.gateway_id(fields::value(target, gateway)?),
        RouteTarget::NatGateway(gateway) => call.nat_gateway_id(fields::value(target, gateway)?),
    };
    let answer = call.send().await.map_err(failed(&target.address, "ec2:ReplaceRoute"));
    answer.map_err(fields::missing).map(drop)
}
