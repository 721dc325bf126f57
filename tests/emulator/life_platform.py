"""What a platform has and a tenant has not: a repository, a private way to a service, a flow log."""

from life import PREFIX, UPPER


def listed(life, arn):
    """Whether the tagging API lists it."""
    pages = life.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "Tenant", "Values": ["self"]}]
    )
    return arn in [row["ResourceARN"] for page in pages for row in page["ResourceTagMappingList"]]


def repository(life):
    ecr = life.client("ecr")
    arn = ecr.create_repository(repositoryName=PREFIX, tags=UPPER)["repository"]["repositoryArn"]
    life.holds("a repository in the inventory", listed(life, arn))
    for wanted in (True, False):
        configuration = {"scanOnPush": True} if wanted else {}
        ecr.put_image_scanning_configuration(repositoryName=PREFIX, imageScanningConfiguration=configuration)
        found = ecr.describe_repositories(repositoryNames=[PREFIX])["repositories"][0]
        life.holds("scanning", found["imageScanningConfiguration"]["scanOnPush"], wanted)
    ecr.delete_repository(repositoryName=PREFIX)
    life.holds("a deleted repository in the inventory", listed(life, arn), False)


def private_ways(life):
    ec2 = life.client("ec2")
    made = ec2.create_vpc_endpoint(
        VpcId=life.base["vpc_id"],
        ServiceName="com.amazonaws.us-east-1.ecr.api",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=False,
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": UPPER}],
    )["VpcEndpoint"]["VpcEndpointId"]
    arn = f"arn:aws:ec2:us-east-1:{life.base['account_id']}:vpc-endpoint/{made}"

    def found():
        filters = [{"Name": "vpc-endpoint-id", "Values": [made]}]
        return ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"][0]

    life.holds("an endpoint's private DNS", found()["PrivateDnsEnabled"], False)
    ec2.modify_vpc_endpoint(VpcEndpointId=made, PrivateDnsEnabled=True)
    life.holds("an endpoint's private DNS after the change", found()["PrivateDnsEnabled"], True)
    life.holds("an endpoint in the inventory", listed(life, arn))
    life.holds("an endpoint's deletion", ec2.delete_vpc_endpoints(VpcEndpointIds=[made])["Unsuccessful"], [])
    life.holds("a deleted endpoint", found()["State"], "deleted")
    life.holds("a deleted endpoint in the inventory", listed(life, arn), False)


def flow_log(life):
    ec2, logs = life.client("ec2"), life.client("logs")
    logs.create_log_group(logGroupName=f"/vpc/{PREFIX}")
    wanted = {
        "ResourceIds": [life.base["vpc_id"]],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": f"/vpc/{PREFIX}",
        "DeliverLogsPermissionArn": life.ids["role-task"],
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": UPPER}],
    }
    made = ec2.create_flow_logs(**wanted)["FlowLogIds"][0]
    arn = f"arn:aws:ec2:us-east-1:{life.base['account_id']}:vpc-flow-log/{made}"
    life.refused("a second flow log", "FlowLogAlreadyExists", ec2.create_flow_logs, **wanted)
    life.holds("a flow log in the inventory", listed(life, arn))
    ec2.delete_flow_logs(FlowLogIds=[made])
    life.holds("a deleted flow log in the inventory", listed(life, arn), False)
    logs.delete_log_group(logGroupName=f"/vpc/{PREFIX}")
