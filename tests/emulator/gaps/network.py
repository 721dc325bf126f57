"""Security groups: who uses one, and which rule is meant. The VPC: what is in it, and what takes time in it."""

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.ecs.models import ecs_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends
from moto.resourcegroupstaggingapi.models import TaggedResource

from . import gap, later


def users_of(group, account, region):
    """What AWS would have a network interface for in this group, and the groups whose rules name it."""
    for interface in ec2_backends[account][region].enis.values():
        if group in [member.id for member in interface.group_set]:
            yield interface.id
    for balancer in elbv2_backends[account][region].load_balancers.values():
        if group in (balancer.security_groups or []):
            yield balancer.arn
    for database in rds_backends[account][region].databases.values():
        if group in database.vpc_security_group_ids:
            yield database.db_instance_identifier
    for cache in elasticache_backends[account][region].replication_groups.values():
        if group in (cache.security_group_ids or []):
            yield cache.replication_group_id
    for service in ecs_backends[account][region].services.values():
        groups = service.network_configuration.get("awsvpcConfiguration", {}).get("securityGroups", [])
        if group in groups and service.running_count:
            yield service.name
    for groups in ec2_backends[account][region].groups.values():
        for other in groups.values():
            for rule in [*other.ingress_rules, *other.egress_rules]:
                if other.id != group and rule.source_group.get("GroupId") == group:
                    yield other.id


@gap(
    "ec2:DeleteSecurityGroup",
    aws="refuses a group that a network interface has or that another group's rule names (`DependencyViolation`)",
    moto="deletes it",
    page="AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html",
)
def delete_security_group():
    original = SecurityGroupBackend._delete_security_group

    def delete(self, vpc_id, group_id):
        user = next(users_of(group_id, self.account_id, self.region_name), None)
        if user:
            raise DependencyViolationError(f"resource {group_id} has a dependent object ({user})")
        return original(self, vpc_id, group_id)

    SecurityGroupBackend._delete_security_group = delete


@gap(
    "ec2:RevokeSecurityGroupIngress",
    aws="finds the rule by protocol, ports and peer; a description is ignored. A rule that is there is a duplicate whatever its description",
    moto="compares the description of a rule whose peer is a group",
    page="AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html",
)
def same_rule():
    def meaning(rule):
        ports = (rule.from_port, rule.to_port) if rule.ip_protocol != "-1" else None
        peers = (rule.cidr_ipv4, rule.cidr_ipv6, rule.source_group.get("GroupId"), rule.prefix_list_id)
        return rule.ip_protocol, ports, peers

    SecurityGroupRule.__eq__ = lambda self, other: meaning(self) == meaning(other)


@gap(
    "ec2:CreateNatGateway, ec2:DeleteNatGateway",
    aws="is `pending` for minutes; is `deleting` for a while, then `deleted`, without network interface and address, and still "
    "listed; NatGatewayNotFound when there is none",
    moto="is `available` at once; is `deleted` at once and keeps its network interface and address; answers 500",
    page="AWSEC2/latest/APIReference/API_DeleteNatGateway.html",
)
def nat_gateway():
    create = NatGatewayBackend.create_nat_gateway

    def created(self, *given, **named):
        gateway = create(self, *given, **named)
        gateway.state = "pending"

        def ready():
            if gateway.state == "pending":
                gateway.state = "available"

        later(ready)
        return gateway

    def deleted(self, nat_gateway_id):
        gateway = self.nat_gateways.get(nat_gateway_id)
        if gateway is None:
            raise EC2ClientError("NatGatewayNotFound", f"NAT gateway {nat_gateway_id} was not found")
        if gateway.state in ("deleting", "deleted"):
            return gateway
        gateway.state = "deleting"

        def gone():
            gateway.state = "deleted"
            for address in self.addresses:
                if address.eni is gateway._eni:
                    address.eni = address.association_id = None
            self.enis.pop(gateway._eni.id, None)

        later(gone)
        return gateway

    NatGatewayBackend.create_nat_gateway = created
    NatGatewayBackend.delete_nat_gateway = deleted


@gap(
    "ec2:ReleaseAddress",
    aws="refuses an address that a network interface has (`InvalidIPAddress.InUse`)",
    moto="takes it away and releases it",
    page="AWSEC2/latest/APIReference/API_ReleaseAddress.html",
)
def release_address():
    original = ElasticAddressBackend.release_address

    def release(self, address=None, allocation_id=None):
        for held in self.addresses:
            if held.association_id and (held.allocation_id == allocation_id or held.public_ip == address):
                raise EC2ClientError("InvalidIPAddress.InUse", f"Address {held.public_ip} is in use.")
        return original(self, address=address, allocation_id=allocation_id)

    ElasticAddressBackend.release_address = release


@gap(
    "ec2:DeleteSubnet",
    aws="refuses a subnet that a network interface is in (`DependencyViolation`)",
    moto="deletes it",
    page="AWSEC2/latest/APIReference/API_DeleteSubnet.html",
)
def delete_subnet():
    original = SubnetBackend.delete_subnet

    def delete(self, subnet_id):
        if any(interface.subnet.id == subnet_id for interface in self.enis.values()):
            raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        return original(self, subnet_id)

    SubnetBackend.delete_subnet = delete


@gap(
    "ec2:DetachInternetGateway",
    aws="refuses while an interface of the VPC has a public address (`DependencyViolation`)",
    moto="detaches it",
    page="AWSEC2/latest/APIReference/API_DetachInternetGateway.html",
)
def detach_internet_gateway():
    original = InternetGatewayBackend.detach_internet_gateway

    def detach(self, internet_gateway_id, vpc_id):
        if any(address.eni and address.eni.subnet.vpc_id == vpc_id for address in self.addresses):
            raise DependencyViolationError(f"Network {vpc_id} has some mapped public address(es).")
        return original(self, internet_gateway_id, vpc_id)

    InternetGatewayBackend.detach_internet_gateway = detach


@gap(
    "ec2:DeleteVpc",
    aws="refuses a VPC that an internet gateway is attached to (`DependencyViolation`)",
    moto="deletes it",
    page="AWSEC2/latest/APIReference/API_DeleteVpc.html",
)
def delete_vpc():
    original = VPCBackend.delete_vpc

    def delete(self, vpc_id):
        if any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in self.internet_gateways.values()):
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        return original(self, vpc_id)

    VPCBackend.delete_vpc = delete


@gap(
    "resourcegroupstaggingapi:GetResources of ec2",
    aws="lists elastic IPs too",
    moto="lists VPCs, subnets, gateways, route tables and more",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_addresses():
    original = EC2Backend.iter_tagged_resources

    def tagged(self):
        yield from original(self)
        for address in self.addresses:
            arn = f"arn:{self.partition}:ec2:{self.region_name}:{self.account_id}:elastic-ip/{address.allocation_id}"
            yield TaggedResource(arn, dict(self.tags.get(address.allocation_id, {})), "ec2:elastic-ip")

    EC2Backend.iter_tagged_resources = tagged
