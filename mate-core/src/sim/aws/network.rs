//! The network of EC2, and what stands in front of it: load balancers and web ACLs.

use super::{Again, Compared, Creation, DAY, Facts, Fixed, Memory, Source, Tagged, Token};
use crate::provider::ErrorClass;

/// The client token of an EC2 call. The same token with equal parameters answers the object of the first call, as it is by
/// then; with other parameters it is `IdempotentParameterMismatch`: "Ensuring idempotency in Amazon EC2 API requests".
///
/// The time for which a token is known is documented for instances only: at least 24 hours after their termination (the same page, API
/// version 2016-11-15). The same is taken for what has no time of its own.
const fn client_token(compared: Compared) -> Creation {
    Creation::ByToken(Token {
        source: Source::Request,
        again: Again::SameOr("IdempotentParameterMismatch"),
        class: ErrorClass::Invalid,
        memory: Memory::PastItsEnd(DAY),
        compared,
    })
}

// `CreateTags` and the `TagSpecifications` of each creating call: every object of EC2 here carries tags from the call on.
pub(super) const FACTS: &[Facts] = &[
    // CreateVpc has no token, and no name. The first range of a VPC is not changed: "VPC CIDR blocks" in the VPC User Guide;
    // ModifyVpcAttribute changes the two DNS attributes.
    Facts::new("ec2:VPC", Creation::Never).fixed(&[Fixed::always("cidr_block")]),
    // CreateSubnet has no token. Ranges in a VPC must not overlap, so that the second call meets the first one's range:
    // CreateSubnet; code: "Error codes for the Amazon EC2 API". ModifySubnetAttribute has neither VPC, range nor zone.
    Facts::new(
        "ec2:Subnet",
        Creation::ByPlace { inputs: &["vpc_id", "cidr_block"], again: Again::Refused("InvalidSubnet.Conflict") },
    )
    .fixed(&[Fixed::always("vpc_id"), Fixed::always("cidr_block"), Fixed::always("availability_zone")]),
    // CreateInternetGateway has no token. DetachInternetGateway and AttachInternetGateway move it to another VPC.
    Facts::new("ec2:InternetGateway", Creation::Never),
    // AllocateAddress has no token.
    Facts::new("ec2:EIP", Creation::Never),
    // CreateNatGateway: ClientToken. No call moves it; AssociateNatGatewayAddress and DisassociateNatGatewayAddress are for
    // secondary addresses.
    Facts::new("ec2:NatGateway", client_token(Compared::All))
        .fixed(&[Fixed::always("subnet_id"), Fixed::always("allocation_id")]),
    // CreateRouteTable: ClientToken, VPC and tags. Routes and associations come by CreateRoute and AssociateRouteTable.
    Facts::new("ec2:RouteTable", client_token(Compared::Only(&["vpc_id"]))).fixed(&[Fixed::always("vpc_id")]),
    // CreateSecurityGroup: "You can't have two security groups for the same VPC with the same name", and no token; code:
    // "Error codes for the Amazon EC2 API". No call changes description or VPC.
    Facts::new(
        "ec2:SecurityGroup",
        Creation::ByName { within: "vpc_id", again: Again::Refused("InvalidGroup.Duplicate") },
    )
    .fixed(&[Fixed::always("description"), Fixed::always("vpc_id")]),
    // CreateVpcEndpoint: ClientToken. ModifyVpcEndpoint has tables, subnets, groups and private DNS, nothing else of these.
    Facts::new("ec2:VPCEndpoint", client_token(Compared::All)).fixed(&[
        Fixed::always("vpc_id"),
        Fixed::always("service_name"),
        Fixed::always("endpoint_type"),
    ]),
    // CreateFlowLogs: ClientToken. "After you create a flow log, you can't change its configuration": "Flow log limitations"
    // in the VPC User Guide.
    Facts::new("ec2:FlowLog", client_token(Compared::All)).fixed(&[
        Fixed::always("vpc_id"),
        Fixed::always("traffic_type"),
        Fixed::always("log_group_name"),
        Fixed::always("role_arn"),
        Fixed::always("max_aggregation_seconds"),
    ]),
    // CreateLoadBalancer: "If you attempt to create multiple load balancers with the same settings, each call succeeds", else
    // DuplicateLoadBalancerName. AddTags: load balancers, target groups, listeners and rules carry tags. SetSubnets,
    // SetSecurityGroups and ModifyLoadBalancerAttributes leave the scheme.
    Facts::new(
        "elbv2:LoadBalancer",
        Creation::ByName { within: "", again: Again::SameOr("DuplicateLoadBalancerName") },
    )
    .fixed(&[Fixed::always("scheme")]),
    // CreateTargetGroup: as a load balancer. ModifyTargetGroup has health checks only.
    Facts::new("elbv2:TargetGroup", Creation::ByName { within: "", again: Again::SameOr("DuplicateTargetGroupName") })
        .fixed(&[Fixed::always("port"), Fixed::always("protocol"), Fixed::always("vpc_id")]),
    // CreateListener: the same settings again succeed, else DuplicateListener ("A listener with the specified port already
    // exists"). ModifyListener changes port and protocol, not the load balancer.
    Facts::new(
        "elbv2:Listener",
        Creation::ByPlace { inputs: &["load_balancer_arn", "port"], again: Again::SameOr("DuplicateListener") },
    )
    .fixed(&[Fixed::always("load_balancer_arn")]),
    // CreateRule: PriorityInUse. ModifyRule and SetRulePriorities change the rest, not the listener.
    Facts::new(
        "elbv2:ListenerRule",
        Creation::ByPlace { inputs: &["listener_arn", "priority"], again: Again::Refused("PriorityInUse") },
    )
    .fixed(&[Fixed::always("listener_arn")]),
    // CreateWebACL: WAFDuplicateItemException for a name that is taken. UpdateWebACL replaces all but name and scope.
    Facts::named("wafv2:WebACL", "WAFDuplicateItemException"),
    // AssociateWebACL puts the web ACL in the place of the one before. TagResource of WAF names web ACLs, rule groups, IP
    // sets and pattern sets: an association is no resource.
    Facts::new("wafv2:WebACLAssociation", Creation::ByPlace { inputs: &["resource_arn"], again: Again::Overwritten })
        .tagged(Tagged::Never)
        .fixed(&[Fixed::always("resource_arn")]),
];
