"""Prints everything that stands in an account as boto3 tells it, one line an object, so that two accounts can be compared.

    python standing.py http://127.0.0.1:PORT

What the service draws at random (ids, addresses, endpoints) and every time are replaced by a word; what refers to an object refers to
it by that word too. Two lines that are the same are two objects.
"""

import datetime
import json
import re
import sys

from seed_base import session

# Service, call, its arguments, the list in the answer.
LISTS = [
    ("acm", "list_certificates", {}, "CertificateSummaryList"),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}, "ScalableTargets"),
    ("application-autoscaling", "describe_scaling_policies", {"ServiceNamespace": "ecs"}, "ScalingPolicies"),
    ("ec2", "describe_addresses", {}, "Addresses"),
    ("ec2", "describe_security_groups", {}, "SecurityGroups"),
    ("ec2", "describe_subnets", {}, "Subnets"),
    ("ec2", "describe_vpcs", {}, "Vpcs"),
    ("ecs", "list_clusters", {}, "clusterArns"),
    ("ecs", "list_task_definitions", {"status": "ACTIVE"}, "taskDefinitionArns"),
    ("efs", "describe_access_points", {}, "AccessPoints"),
    ("efs", "describe_file_systems", {}, "FileSystems"),
    ("elasticache", "describe_cache_subnet_groups", {}, "CacheSubnetGroups"),
    ("elasticache", "describe_replication_groups", {}, "ReplicationGroups"),
    ("elbv2", "describe_load_balancers", {}, "LoadBalancers"),
    ("elbv2", "describe_target_groups", {}, "TargetGroups"),
    ("iam", "list_roles", {"PathPrefix": "/mate/"}, "Roles"),
    ("kms", "list_aliases", {}, "Aliases"),
    ("kms", "list_keys", {}, "Keys"),
    ("logs", "describe_log_groups", {}, "logGroups"),
    ("rds", "describe_db_instances", {}, "DBInstances"),
    ("rds", "describe_db_parameter_groups", {}, "DBParameterGroups"),
    ("rds", "describe_db_snapshots", {}, "DBSnapshots"),
    ("rds", "describe_db_subnet_groups", {}, "DBSubnetGroups"),
    ("resourcegroupstaggingapi", "get_resources", {}, "ResourceTagMappingList"),
    ("route53", "list_hosted_zones", {}, "HostedZones"),
    ("s3", "list_buckets", {}, "Buckets"),
    ("secretsmanager", "list_secrets", {}, "SecretList"),
    ("wafv2", "list_web_acls", {"Scope": "REGIONAL"}, "WebACLs"),
]

RANDOM = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"(?<=-)[0-9a-f]{8,17}\b"), "ID"),
    (re.compile(r"(?<=/)[0-9a-f]{16,32}\b"), "ID"),
    (re.compile(r"(?<=/ID/)\d{12,}\b"), "ID"),
    (re.compile(r'(?<=secret:)([^"]*-)[A-Za-z0-9]{6}(?=["*]|$)'), r"\1ID"),
    (re.compile(r"\b[a-z0-9]{6}(?=\.use1\.cache\.)"), "ID"),
    (re.compile(r"(?<=-)\d{4}-\d\d-\d\d-\d\d-\d\d\b"), "TIME"),
    (re.compile(r"(?<=us-east-1_)\w+"), "ID"),
    (re.compile(r"(?<=/hostedzone/)[A-Z0-9]+"), "ID"),
    (re.compile(r"\b(AROA|AIDA|AKIA)[A-Z0-9]+"), "ID"),
    (re.compile(r"\b\d+\.\d+\.\d+\.\d+(?![\d/])"), "ADDRESS"),
]
# Revisions of a task definition count up with each attempt; which one is in use is told by the service.
REVISION = re.compile(r"(?<=task-definition/)([^:\"]*):\d+")
# What a service says of the past.
HISTORY = {
    "CallerReference",
    "ClientToken",
    "ResponseMetadata",
    "RoleLastUsed",
    "SecretVersionsToStages",
    "createdBy",
    "creationTime",
    "events",
    "id",
}


def worded(text):
    for pattern, word in RANDOM:
        text = pattern.sub(word, text)
    return REVISION.sub(r"\1:REVISION", text)


def plain(value):
    if isinstance(value, dict):
        return {
            key: plain(entry)
            for key, entry in value.items()
            if key not in HISTORY and not isinstance(entry, (datetime.datetime, datetime.date))
        }
    if isinstance(value, (list, tuple)):
        return sorted((plain(entry) for entry in value), key=lambda entry: json.dumps(entry, sort_keys=True))
    return worded(value) if isinstance(value, str) else value


def line(kind, entry):
    if kind == "acm list_certificates":
        # The emulator issues a certificate when its time has come, whatever else happens.
        entry = {key: value for key, value in entry.items() if key != "Status"}
    return f"{kind} {json.dumps(plain(entry), sort_keys=True, default=str)}"


def each(client, call, arguments, key):
    if client.can_paginate(call):
        for page in client.get_paginator(call).paginate(**arguments):
            yield from page[key]
    else:
        yield from getattr(client, call)(**arguments)[key]


def inside(client):
    """What is only listed inside of something else."""
    balancers = [row["LoadBalancerArn"] for row in client("elbv2").describe_load_balancers()["LoadBalancers"]]
    for balancer in balancers:
        for listener in client("elbv2").describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
            yield "listener", listener
            for rule in client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                yield "rule", rule
    for system in client("efs").describe_file_systems()["FileSystems"]:
        targets = client("efs").describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"]
        yield from (("mount target", target) for target in targets)
    for zone in client("route53").list_hosted_zones()["HostedZones"]:
        records = client("route53").list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        yield from (("record", {"zone": zone["Name"], **record}) for record in records)
    for role in client("iam").list_roles(PathPrefix="/mate/")["Roles"]:
        for policy in client("iam").list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            yield "role policy", client("iam").get_role_policy(RoleName=role["RoleName"], PolicyName=policy)
    for cluster in client("ecs").list_clusters()["clusterArns"]:
        services = list(each(client("ecs"), "list_services", {"cluster": cluster}, "serviceArns"))
        for start in range(0, len(services), 10):
            answer = client("ecs").describe_services(cluster=cluster, services=services[start : start + 10])
            yield from (("service", service) for service in answer["services"])


def main(endpoint):
    client = session(endpoint)
    lines = []
    for service, call, arguments, key in LISTS:
        lines += [line(f"{service} {call}", entry) for entry in each(client(service), call, arguments, key)]
    lines += [line(kind, entry) for kind, entry in inside(client)]
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main(sys.argv[1])
