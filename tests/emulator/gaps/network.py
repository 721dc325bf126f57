"""Security groups: who uses one, and which rule is meant."""

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ecs.models import ecs_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends

from . import gap


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
