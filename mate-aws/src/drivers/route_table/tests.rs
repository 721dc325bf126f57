use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::associate_route_table::{AssociateRouteTableError, AssociateRouteTableOutput};
use aws_sdk_ec2::operation::create_route::{CreateRouteError, CreateRouteOutput};
use aws_sdk_ec2::operation::create_route_table::CreateRouteTableOutput;
use aws_sdk_ec2::operation::delete_route::DeleteRouteOutput;
use aws_sdk_ec2::operation::delete_route_table::{DeleteRouteTableError, DeleteRouteTableOutput};
use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use aws_sdk_ec2::operation::disassociate_route_table::{DisassociateRouteTableError, DisassociateRouteTableOutput};
use aws_sdk_ec2::operation::replace_route::ReplaceRouteOutput;
use aws_sdk_ec2::operation::replace_route_table_association::ReplaceRouteTableAssociationOutput;
use aws_sdk_ec2::types::builders::RouteBuilder;
use aws_sdk_ec2::types::{Route as SdkRoute, RouteOrigin, RouteState, RouteTable as SdkTable, RouteTableAssociation};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::RouteTable;
use mate_core::kinds::route_table::{Route, RouteTableInputs, RouteTarget};
use mate_core::provider::{Deleted, ErrorClass, RetryStatus, Target};
use serde_json::json;

use super::RouteTableDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};
use crate::drivers::{Driver, ec2};

fn target() -> Target {
    let route = |to: &str, target| Route { destination_cidr_block: to.into(), target };
    let inputs = RouteTableInputs {
        vpc_id: "vpc-1".into(),
        routes: vec![
            route("0.0.0.0/0", RouteTarget::NatGateway("nat-1".into())),
            route("192.168.1.0/16", RouteTarget::InternetGateway("igw-1".into())),
        ],
        subnet_ids: vec!["subnet-1".into(), "subnet-2".into()],
    };
    testing::target::<RouteTable>("mate-dev-private-1", &inputs)
}

fn route(to: &str) -> RouteBuilder {
    SdkRoute::builder().destination_cidr_block(to).origin(RouteOrigin::CreateRoute).state(RouteState::Active)
}

/// The routes that AWS puts into a table by itself.
fn own() -> Vec<SdkRoute> {
    vec![
        SdkRoute::builder()
            .destination_cidr_block("10.0.0.0/16")
            .gateway_id("local")
            .origin(RouteOrigin::CreateRouteTable)
            .build(),
        SdkRoute::builder()
            .destination_prefix_list_id("pl-1")
            .gateway_id("vpce-1")
            .origin(RouteOrigin::CreateRoute)
            .build(),
        SdkRoute::builder()
            .destination_cidr_block("172.16.0.0/12")
            .gateway_id("vgw-1")
            .origin(RouteOrigin::EnableVgwRoutePropagation)
            .build(),
    ]
}

fn right() -> Vec<SdkRoute> {
    vec![route("0.0.0.0/0").nat_gateway_id("nat-1").build(), route("192.168.0.0/16").gateway_id("igw-1").build()]
}

fn association(table: &str, subnet: &str) -> RouteTableAssociation {
    RouteTableAssociation::builder()
        .route_table_id(table)
        .subnet_id(subnet)
        .route_table_association_id(format!("rtbassoc-{subnet}"))
        .main(false)
        .build()
}

fn table(id: &str, routes: Vec<SdkRoute>, subnets: &[&str]) -> SdkTable {
    let main = RouteTableAssociation::builder().route_table_association_id("rtbassoc-main").main(true).build();
    let associations = subnets.iter().map(|subnet| association(id, subnet)).chain([main]).collect();
    SdkTable::builder()
        .route_table_id(id)
        .vpc_id("vpc-1")
        .set_routes(Some(own().into_iter().chain(routes).collect()))
        .set_associations(Some(associations))
        .set_tags(Some(ec2::to_sdk(&target().tags)))
        .build()
}

fn listed(tables: Vec<SdkTable>) -> Rule {
    mock!(Client::describe_route_tables)
        .match_requests(|request| request.filters()[0].name() != Some("association.subnet-id"))
        .then_output(move || DescribeRouteTablesOutput::builder().set_route_tables(Some(tables.clone())).build())
}

fn there(routes: Vec<SdkRoute>, subnets: &[&str]) -> Rule {
    listed(vec![table("rtb-1", routes, subnets)])
}

/// The tables that the asked subnets use.
fn used(tables: Vec<SdkTable>) -> Rule {
    mock!(Client::describe_route_tables)
        .match_requests(|request| request.filters()[0].name() == Some("association.subnet-id"))
        .then_output(move || DescribeRouteTablesOutput::builder().set_route_tables(Some(tables.clone())).build())
}

fn new() -> Rule {
    mock!(Client::create_route_table)
        .match_requests(|request| {
            request.client_token() == Some(create(target()).token.as_str())
                && request.tag_specifications()[0].tags().len() == 5
        })
        .then_output(|| CreateRouteTableOutput::builder().route_table(table("rtb-1", Vec::new(), &[])).build())
}

fn to_nat() -> Rule {
    mock!(Client::create_route)
        .match_requests(|request| {
            request.destination_cidr_block() == Some("0.0.0.0/0") && request.nat_gateway_id() == Some("nat-1")
        })
        .then_output(|| CreateRouteOutput::builder().build())
}

fn to_internet() -> Rule {
    mock!(Client::create_route)
        .match_requests(|request| {
            request.destination_cidr_block() == Some("192.168.1.0/16") && request.gateway_id() == Some("igw-1")
        })
        .then_output(|| CreateRouteOutput::builder().build())
}

fn replaced() -> Rule {
    mock!(Client::replace_route)
        .match_requests(|request| {
            request.destination_cidr_block() == Some("0.0.0.0/0") && request.nat_gateway_id() == Some("nat-1")
        })
        .then_output(|| ReplaceRouteOutput::builder().build())
}

fn associated(subnet: &'static str) -> Rule {
    mock!(Client::associate_route_table)
        .match_requests(move |request| request.route_table_id() == Some("rtb-1") && request.subnet_id() == Some(subnet))
        .then_output(|| AssociateRouteTableOutput::builder().build())
}

fn disassociated(id: &'static str) -> Rule {
    mock!(Client::disassociate_route_table)
        .match_requests(move |request| request.association_id() == Some(id))
        .then_output(|| DisassociateRouteTableOutput::builder().build())
}

fn deleted() -> Rule {
    mock!(Client::delete_route_table)
        .match_requests(|request| request.route_table_id() == Some("rtb-1"))
        .then_output(|| DeleteRouteTableOutput::builder().build())
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, any, rules), ..testing::aws() }
}

fn calls<const N: usize>(rules: [&Rule; N]) -> [usize; N] {
    rules.map(Rule::num_calls)
}

#[tokio::test]
async fn what_ec2_tells_is_what_was_wanted_without_aws_s_own_routes_and_the_main_association() {
    let aws = stub(&[&there(right(), &["subnet-1", "subnet-2"])]);
    let live = present(Subject.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.outputs["route_table_id"], json!("rtb-1"));
}

#[tokio::test]
async fn a_route_of_a_way_that_the_kind_does_not_have_is_told_and_goes() {
    let six = SdkRoute::builder()
        .destination_ipv6_cidr_block("::/0")
        .egress_only_internet_gateway_id("eigw-1")
        .origin(RouteOrigin::CreateRoute)
        .build();
    let mut routes = right();
    routes.extend([route("10.7.0.0/16").vpc_peering_connection_id("pcx-1").build(), six]);
    let there = there(routes, &["subnet-1", "subnet-2"]);
    let live = present(Subject.observe(&stub(&[&there]), &[target()]).await.remove(0));
    assert_eq!(live.inputs["routes"].as_array().unwrap().len(), 4);

    let four = mock!(Client::delete_route)
        .match_requests(|request| request.destination_cidr_block() == Some("10.7.0.0/16"))
        .then_output(|| DeleteRouteOutput::builder().build());
    let six = mock!(Client::delete_route)
        .match_requests(|request| request.destination_ipv6_cidr_block() == Some("::/0"))
        .then_output(|| DeleteRouteOutput::builder().build());
    Subject.update(&stub(&[&there, &four, &six]), &update(target(), &["routes"])).await.unwrap();
    assert_eq!(calls([&four, &six]), [1, 1]);
}

#[tokio::test]
async fn a_new_table_gets_its_routes_and_subnets() {
    let (nat, internet, one, two) = (to_nat(), to_internet(), associated("subnet-1"), associated("subnet-2"));
    let aws = stub(&[&listed(Vec::new()), &new(), &nat, &internet, &used(Vec::new()), &one, &two]);
    assert_eq!(Subject.create(&aws, &create(target())).await.unwrap().physical_id, "rtb-1");
    assert_eq!(calls([&nat, &internet, &one, &two]), [1, 1, 1, 1]);
}

#[tokio::test]
async fn a_failure_behind_the_creation_says_what_exists() {
    let unseen =
        mock!(Client::create_route).then_error(|| CreateRouteError::generic(code("InvalidNatGatewayID.NotFound")));
    let error = Subject.create(&stub(&[&listed(Vec::new()), &new(), &unseen]), &create(target())).await.unwrap_err();
    assert_eq!(error.retry, RetryStatus::Temporary);
    assert_eq!(made(error).physical_id, "rtb-1");
}

#[tokio::test]
async fn a_creation_that_was_cut_short_is_completed() {
    let (again, internet, two) = (new(), to_internet(), associated("subnet-2"));
    let routes = vec![route("0.0.0.0/0").nat_gateway_id("nat-1").build()];
    let aws = stub(&[&there(routes, &["subnet-1"]), &again, &internet, &used(Vec::new()), &two]);
    assert_eq!(Subject.create(&aws, &create(target())).await.unwrap().physical_id, "rtb-1");
    assert_eq!(calls([&again, &internet, &two]), [0, 1, 1]);
}

#[tokio::test]
async fn a_route_of_another_way_is_replaced_and_one_that_came_meanwhile_too() {
    let mut routes = right();
    routes[0] = route("0.0.0.0/0").gateway_id("igw-1").build();
    let changed = replaced();
    let aws = stub(&[&there(routes, &["subnet-1", "subnet-2"]), &changed]);
    Subject.update(&aws, &update(target(), &["routes"])).await.unwrap();
    assert_eq!(changed.num_calls(), 1);

    let exists = mock!(Client::create_route).then_error(|| CreateRouteError::generic(code("RouteAlreadyExists")));
    let changed = replaced();
    let aws = stub(&[&there(right().split_off(1), &["subnet-1", "subnet-2"]), &exists, &changed]);
    Subject.update(&aws, &update(target(), &["routes"])).await.unwrap();
    assert_eq!(changed.num_calls(), 1);
}

#[tokio::test]
async fn a_subnet_is_taken_from_another_table_and_one_that_is_not_named_is_let_go() {
    let moved = mock!(Client::replace_route_table_association)
        .match_requests(|request| {
            request.association_id() == Some("rtbassoc-subnet-2") && request.route_table_id() == Some("rtb-1")
        })
        .then_output(|| ReplaceRouteTableAssociationOutput::builder().build());
    let gone = disassociated("rtbassoc-subnet-3");
    let there = there(Vec::new(), &["subnet-1", "subnet-3"]);
    let aws = stub(&[&there, &used(vec![table("rtb-9", Vec::new(), &["subnet-2"])]), &moved, &gone]);
    Subject.update(&aws, &update(target(), &["subnet_ids"])).await.unwrap();
    assert_eq!(calls([&moved, &gone]), [1, 1]);
}

#[tokio::test]
async fn a_subnet_that_uses_a_table_which_cannot_be_seen_is_looked_at_again() {
    let taken = mock!(Client::associate_route_table)
        .then_error(|| AssociateRouteTableError::generic(code("Resource.AlreadyAssociated")));
    let aws = stub(&[&there(right(), &["subnet-1"]), &used(Vec::new()), &taken]);
    let error = Subject.update(&aws, &update(target(), &["subnet_ids"])).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
}

#[tokio::test]
async fn only_what_is_named_is_changed() {
    let aws = stub(&[&there(Vec::new(), &["subnet-3"])]);
    Subject.update(&aws, &update(target(), &["tags"])).await.unwrap();

    let (nat, internet) = (to_nat(), to_internet());
    let aws = stub(&[&there(Vec::new(), &["subnet-3"]), &nat, &internet]);
    Subject.update(&aws, &update(target(), &["routes"])).await.unwrap();
    assert_eq!(calls([&nat, &internet]), [1, 1]);
}

#[tokio::test]
async fn its_subnets_are_let_go_before_it_is_deleted() {
    let lost = mock!(Client::disassociate_route_table)
        .match_requests(|request| request.association_id() == Some("rtbassoc-subnet-1"))
        .then_error(|| DisassociateRouteTableError::generic(code("InvalidAssociationID.NotFound")));
    let (two, table) = (disassociated("rtbassoc-subnet-2"), deleted());
    let aws = stub(&[&there(right(), &["subnet-1", "subnet-2"]), &lost, &two, &table]);
    assert_eq!(Subject.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(calls([&lost, &two, &table]), [1, 1, 1]);

    let used =
        mock!(Client::delete_route_table).then_error(|| DeleteRouteTableError::generic(code("DependencyViolation")));
    let error = Subject.delete(&stub(&[&there(right(), &[]), &used]), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);

    let gone = Subject.delete(&stub(&[&listed(Vec::new())]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
}

#[tokio::test]
async fn a_stranger_s_table_keeps_its_subnets() {
    let mut tags = target().tags;
    tags.insert("Tenant".into(), "other".into());
    let theirs = SdkTable::builder()
        .route_table_id("rtb-1")
        .associations(association("rtb-1", "subnet-1"))
        .set_tags(Some(ec2::to_sdk(&tags)))
        .build();
    let listed = mock!(Client::describe_route_tables)
        .then_output(move || DescribeRouteTablesOutput::builder().route_tables(theirs.clone()).build());
    let recorded = Target { physical_id: Some("rtb-1".into()), ..target() };
    let error = Subject.delete(&stub(&[&listed]), &delete(recorded.clone())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let error = Subject.update(&stub(&[&listed]), &update(recorded, &["routes"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn the_diagnosis_names_routes_that_lead_nowhere() {
    let mut routes = right();
    routes[0] = route("0.0.0.0/0").nat_gateway_id("nat-1").state(RouteState::Blackhole).build();
    let findings = Subject.diagnose(&stub(&[&there(routes, &[])]), &target()).await.unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].finding, "the route of rtb-1 to 0.0.0.0/0 is a black hole");
}
