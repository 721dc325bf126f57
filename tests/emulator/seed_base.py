"""Makes the shared base of one environment on an emulator, with boto3 alone, and writes it as the TOML that `Base` reads.

    python seed_base.py http://127.0.0.1:PORT base.toml
"""

import functools
import json
import pathlib
import sys

import boto3
from botocore.config import Config

REGION = "us-east-1"
ENVIRONMENT = "dev"
DOMAIN = "mate.sociant.ai"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
#: Short names of images to their repositories: the three processes of the preset, and the services of a custom tenant.
REPOSITORIES = {name: f"mate-{name}-{ENVIRONMENT}" for name in ("django", "celery", "beat", "backend", "ai-ml", "frontend")}
TAGS = {"Project": "mate", "Environment": ENVIRONMENT, "CostCenter": "engineering"}


def session(endpoint):
    """Clients of one endpoint, with credentials that mean nothing and no proxy between."""
    made = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    config = Config(retries={"max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=60)
    return functools.cache(lambda service: made.client(service, endpoint_url=endpoint, config=config))


def pairs(tags, key="Key", value="Value"):
    return [{key: name, value: text} for name, text in tags.items()]


def tagged(kind, name):
    return [{"ResourceType": kind, "Tags": pairs({**TAGS, "Name": name})}]


def network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", f"mate-{ENVIRONMENT}"))["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", f"mate-{ENVIRONMENT}"))
    gateway = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = {"public": [], "private": []}
    for index, zone in enumerate(ZONES):
        for place, offset in (("public", 1), ("private", 11)):
            subnet = ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"10.0.{index + offset}.0/24",
                AvailabilityZone=zone,
                TagSpecifications=tagged("subnet", f"mate-{ENVIRONMENT}-{place}-{zone}"),
            )
            subnets[place].append(subnet["Subnet"]["SubnetId"])
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table", f"mate-{ENVIRONMENT}-public"))
    table = table["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for subnet in subnets["public"]:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return vpc, subnets["public"], subnets["private"]


def shared_file_system(efs, ec2, vpc, subnets, key):
    group = ec2.create_security_group(
        GroupName=f"mate-{ENVIRONMENT}-shared-models", Description="Shared base models", VpcId=vpc
    )["GroupId"]
    made = efs.create_file_system(
        CreationToken=f"mate-{ENVIRONMENT}-shared-models", Encrypted=True, KmsKeyId=key, Tags=pairs(TAGS)
    )
    for subnet in subnets:
        efs.create_mount_target(FileSystemId=made["FileSystemId"], SubnetId=subnet, SecurityGroups=[group])
    return made["FileSystemId"]


def web_acl(waf):
    visibility = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": f"mate-{ENVIRONMENT}"}
    limit = {
        "Name": "rate",
        "Priority": 0,
        "Statement": {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}},
        "Action": {"Block": {}},
        "VisibilityConfig": visibility,
    }
    return waf.create_web_acl(
        Name=f"mate-{ENVIRONMENT}",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        Rules=[limit],
        VisibilityConfig=visibility,
        Tags=pairs(TAGS),
    )["Summary"]["ARN"]


def make_base(client):
    """Makes the base and gives the fields of `Base`."""
    ec2, kms = client("ec2"), client("kms")
    vpc, public, private = network(ec2)
    key = kms.create_key(Description=f"mate-{ENVIRONMENT}", Tags=pairs(TAGS, "TagKey", "TagValue"))["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/mate-{ENVIRONMENT}", TargetKeyId=key)
    client("ecs").create_cluster(
        clusterName=f"mate-{ENVIRONMENT}",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        tags=pairs(TAGS, "key", "value"),
    )
    ecr = client("ecr")
    repositories = {
        short: ecr.create_repository(
            repositoryName=name, imageScanningConfiguration={"scanOnPush": True}, tags=pairs(TAGS)
        )["repository"]["repositoryUri"]
        for short, name in REPOSITORIES.items()
    }
    zone = client("route53").create_hosted_zone(Name=DOMAIN, CallerReference=f"mate-{ENVIRONMENT}")["HostedZone"]["Id"]
    certificate = client("acm").request_certificate(
        DomainName=f"*.{DOMAIN}", ValidationMethod="DNS", IdempotencyToken=ENVIRONMENT, Tags=pairs(TAGS)
    )["CertificateArn"]
    pool = client("cognito-idp").create_user_pool(PoolName=f"mate-{ENVIRONMENT}", UserPoolTags=TAGS)["UserPool"]["Id"]
    return {
        "environment": ENVIRONMENT,
        "region": REGION,
        "account_id": client("sts").get_caller_identity()["Account"],
        "domain": DOMAIN,
        "vpc_id": vpc,
        "public_subnet_ids": public,
        "private_subnet_ids": private,
        "cluster": f"mate-{ENVIRONMENT}",
        "certificate_arn": certificate,
        "hosted_zone_id": zone.removeprefix("/hostedzone/"),
        "shared_file_system_id": shared_file_system(client("efs"), ec2, vpc, private, key),
        "kms_key_arn": key,
        "web_acl_arn": web_acl(client("wafv2")),
        "user_pool_id": pool,
        "cost_center": TAGS["CostCenter"],
        "enable_deletion_protection": False,
        "secret_recovery_days": 0,
        "repositories": repositories,
    }


def toml(base):
    """The base as TOML. Its tables come last, as TOML wants; JSON's strings, lists and booleans are TOML's too."""
    plain = [f"{name} = {json.dumps(value)}" for name, value in base.items() if not isinstance(value, dict)]
    for name, table in base.items():
        if isinstance(table, dict):
            plain += ["", f"[{name}]"] + [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(plain) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    endpoint, target = sys.argv[1], pathlib.Path(sys.argv[2])
    base = make_base(session(endpoint))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(toml(base), encoding="utf-8")


if __name__ == "__main__":
    main()
