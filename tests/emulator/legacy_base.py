"""Makes a base as a team would that never heard of MATE, with boto3 alone, and prints it as `terraform output -json` does.

    python legacy_base.py http://127.0.0.1:PORT

Its names, tags and descriptions are its own; what it does is what a platform with one NAT gateway does.
"""

import json
import sys

from seed_base import pairs, session

TAGS = {"Project": "legacy", "Environment": "legacy-dev", "Owner": "platform team"}
DOMAIN = "mate.sociant.ai"
REGION = "us-east-1"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
ANYWHERE = "0.0.0.0/0"
VPC = "10.0.0.0/16"


def tagged(kind, name):
    return [{"ResourceType": kind, "Tags": pairs({**TAGS, "Name": name})}]


def network(ec2):
    vpc = ec2.create_vpc(CidrBlock=VPC, TagSpecifications=tagged("vpc", "legacy"))["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", "legacy"))
    gateway = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = {"public": [], "private": []}
    for index, zone in enumerate(ZONES):
        for place, offset in (("public", 1), ("private", 11)):
            made = ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"10.0.{index + offset}.0/24",
                AvailabilityZone=zone,
                TagSpecifications=tagged("subnet", f"{place} {zone}"),
            )
            subnets[place].append(made["Subnet"]["SubnetId"])
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip", "nat"))["AllocationId"]
    nat = ec2.create_nat_gateway(
        SubnetId=subnets["public"][0], AllocationId=address, TagSpecifications=tagged("natgateway", "nat")
    )["NatGateway"]["NatGatewayId"]
    tables = {}
    for place, way in (("public", {"GatewayId": gateway}), ("private", {"NatGatewayId": nat})):
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table", place))
        tables[place] = table["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=tables[place], DestinationCidrBlock=ANYWHERE, **way)
        for subnet in subnets[place]:
            ec2.associate_route_table(RouteTableId=tables[place], SubnetId=subnet)
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{REGION}.s3",
        VpcEndpointType="Gateway",
        PrivateDnsEnabled=False,
        RouteTableIds=[tables["private"]],
        TagSpecifications=tagged("vpc-endpoint", "s3"),
    )["VpcEndpoint"]["VpcEndpointId"]
    return vpc, subnets, {"nat_gateway_id": nat, "internet_gateway_id": gateway, "s3_endpoint_id": endpoint}


def key(kms, account):
    statement = {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = kms.create_key(Description="the old key", Policy=policy, Tags=pairs(TAGS, "TagKey", "TagValue"))
    made = made["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/mate-dev", TargetKeyId=made)
    kms.enable_key_rotation(KeyId=made)
    return made


def shared_files(efs, ec2, vpc, subnets, encryption, account):
    group = ec2.create_security_group(
        GroupName="legacy-models",
        Description="NFS, ask Bob",
        VpcId=vpc,
        TagSpecifications=tagged("security-group", "legacy-models"),
    )["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}
    ranges = [{"CidrIp": VPC, "Description": "From the VPC"}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**rule, "IpRanges": ranges}])
    files = efs.create_file_system(
        CreationToken="legacy-models", Encrypted=True, KmsKeyId=encryption, Tags=pairs({**TAGS, "Name": "models"})
    )["FileSystemId"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Mount",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "elasticfilesystem:ClientMount",
                "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
            },
            {
                "Sid": "TenantsNeverWrite",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": ["elasticfilesystem:ClientRootAccess", "elasticfilesystem:ClientWrite"],
                "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/mate/dev/*"}},
            },
        ],
    }
    efs.put_file_system_policy(FileSystemId=files, Policy=json.dumps(policy))
    for subnet in subnets:
        efs.create_mount_target(FileSystemId=files, SubnetId=subnet, SecurityGroups=[group])
    return files


def repositories(ecr):
    urls = {}
    for short in ("django", "celery", "beat"):
        made = ecr.create_repository(
            repositoryName=f"mate-{short}-dev",
            imageScanningConfiguration={"scanOnPush": True},
            imageTagMutability="IMMUTABLE",
            tags=pairs(TAGS),
        )["repository"]
        rule = {
            "rulePriority": 1,
            "description": "ten are enough",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
            "action": {"type": "expire"},
        }
        ecr.put_lifecycle_policy(
            repositoryName=made["repositoryName"], lifecyclePolicyText=json.dumps({"rules": [rule]})
        )
        urls[short] = made["repositoryUri"]
    return urls


def user_pool(cognito):
    pool = cognito.create_user_pool(
        PoolName="legacy",
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        DeletionProtection="INACTIVE",
        UserPoolTags=TAGS,
    )["UserPool"]["Id"]
    cognito.create_user_pool_domain(Domain="mate-sociant-auth", UserPoolId=pool)
    return pool


def web_acl(waf):
    def seen(name):
        return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}

    rules = [
        {
            "Name": "too-many-requests",
            "Priority": 0,
            "Statement": {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}},
            "Action": {"Block": {}},
            "VisibilityConfig": seen("too-many-requests"),
        }
    ]
    for group in ("CommonRuleSet", "SQLiRuleSet", "KnownBadInputsRuleSet"):
        name = f"AWS-AWSManagedRules{group}"
        statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": f"AWSManagedRules{group}"}}
        rules.append(
            {
                "Name": name,
                "Priority": len(rules),
                "Statement": statement,
                "OverrideAction": {"None": {}},
                "VisibilityConfig": seen(name),
            }
        )
    return waf.create_web_acl(
        Name="legacy",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        Rules=rules,
        VisibilityConfig=seen("legacy"),
        Tags=pairs(TAGS),
    )["Summary"]["ARN"]


def zone_and_certificate(route53, acm):
    zone = route53.create_hosted_zone(Name=DOMAIN, CallerReference="legacy")["HostedZone"]["Id"]
    zone = zone.removeprefix("/hostedzone/")
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, AddTags=pairs(TAGS))
    certificate = acm.request_certificate(
        DomainName=f"*.{DOMAIN}", SubjectAlternativeNames=[DOMAIN], ValidationMethod="DNS", Tags=pairs(TAGS)
    )["CertificateArn"]
    options = acm.describe_certificate(CertificateArn=certificate)["Certificate"]["DomainValidationOptions"]
    records = {option["ResourceRecord"]["Name"]: option["ResourceRecord"]["Value"] for option in options}
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {"Name": name, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": value}]},
        }
        for name, value in records.items()
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return zone, certificate


def make(client):
    ec2 = client("ec2")
    account = client("sts").get_caller_identity()["Account"]
    vpc, subnets, others = network(ec2)
    encryption = key(client("kms"), account)
    files = shared_files(client("efs"), ec2, vpc, subnets["private"], encryption, account)
    cluster = client("ecs").create_cluster(
        clusterName="legacy",
        settings=[{"name": "containerInsights", "value": "enabled"}],
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
        tags=pairs(TAGS, "key", "value"),
    )["cluster"]["clusterArn"]
    zone, certificate = zone_and_certificate(client("route53"), client("acm"))
    return {
        "vpc_id": vpc,
        "public_subnet_ids": subnets["public"],
        "private_subnet_ids": subnets["private"],
        **others,
        "ecs_cluster_arn": cluster,
        "kms_key_arn": encryption,
        "shared_efs_id": files,
        "ecr_repository_urls": repositories(client("ecr")),
        "cognito_user_pool_id": user_pool(client("cognito-idp")),
        "waf_web_acl_arn": web_acl(client("wafv2")),
        "hosted_zone_id": zone,
        "certificate_arn": certificate,
    }


def main(endpoint):
    outputs = make(session(endpoint))
    print(json.dumps({name: {"sensitive": False, "value": value} for name, value in outputs.items()}))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
