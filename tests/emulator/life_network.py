"""A network of its own, made and taken away: VPC, subnets, gateways, address and route table."""

from life import UPPER


def network(life):
    ec2 = life.client("ec2")

    def tags(kind):
        return [{"ResourceType": kind, "Tags": UPPER}]

    vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16", TagSpecifications=tags("vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.99.0.0/24", TagSpecifications=tags("subnet"))["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway"))["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip"))["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
    life.holds("a new NAT gateway", nat["State"], "pending")
    nat = nat["NatGatewayId"]

    def state():
        return ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"]

    life.eventually("the NAT gateway", state, "available")
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]

    pages = life.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "Tenant", "Values": ["self"]}], ResourceTypeFilters=["ec2"]
    )
    arns = [row["ResourceARN"] for page in pages for row in page["ResourceTagMappingList"]]
    life.holds("a tagged address", [arn for arn in arns if arn.endswith(f":elastic-ip/{address}")] != [])

    life.refused("an address in use", "InvalidIPAddress.InUse", ec2.release_address, AllocationId=address)
    life.refused("a subnet in use", "DependencyViolation", ec2.delete_subnet, SubnetId=subnet)
    mapped = {"InternetGatewayId": gateway, "VpcId": vpc}
    life.refused("a gateway in use", "DependencyViolation", ec2.detach_internet_gateway, **mapped)
    ec2.delete_nat_gateway(NatGatewayId=nat)
    life.holds("a NAT gateway on its way out", state(), "deleting")
    life.eventually("the deleted NAT gateway", state, "deleted")
    life.refused("no NAT gateway", "NatGatewayNotFound", ec2.delete_nat_gateway, NatGatewayId="nat-0123456789abcdef0")
    ec2.release_address(AllocationId=address)
    ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route_table(RouteTableId=table)
    ec2.delete_subnet(SubnetId=subnet)
    life.refused("a VPC with a gateway", "DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    ec2.detach_internet_gateway(**mapped)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc)
    life.refused("a deleted VPC", "InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])
