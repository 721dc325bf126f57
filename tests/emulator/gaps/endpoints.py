"""Private ways to AWS's services, flow logs and repositories: what the tagging API and the filters leave out."""

from moto.core.resource_tagging import TaggedResource
from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses.vpcs import VPCs
from moto.ecr.models import ECRBackend, ecr_backends
from moto.resourcegroupstaggingapi import models as tagging

from . import gap


@gap(
    "ec2:DescribeVpcEndpoints",
    aws="filters by `vpc-endpoint-id`",
    moto="answers 500, not implemented",
    page="AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html",
)
def filter_by_id():
    original = VPCEndPoint.get_filter_value

    def value(self, filter_name, method_name=None):
        return self.id if filter_name == "vpc-endpoint-id" else original(self, filter_name, method_name)

    VPCEndPoint.get_filter_value = value


@gap(
    "ec2:ModifyVpcEndpoint",
    aws="turns private DNS on and off",
    moto="ignores it",
    page="AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html",
)
def private_dns():
    original = VPCs.modify_vpc_endpoint

    def modify(self):
        answer = original(self)
        wanted = self._get_bool_param("PrivateDnsEnabled")
        if wanted is not None:
            self.ec2_backend.vpc_end_points[self._get_param("VpcEndpointId")].private_dns_enabled = wanted
        return answer

    VPCs.modify_vpc_endpoint = modify


@gap(
    "ecr:PutImageScanningConfiguration",
    aws="takes `scanOnPush` for false where it is left out",
    moto="leaves it as it was",
    page="AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html",
)
def scanning():
    original = ECRBackend.put_image_scanning_configuration

    def put(self, registry_id, repository_name, image_scan_config):
        return original(self, registry_id, repository_name, {"scanOnPush": False, **(image_scan_config or {})})

    ECRBackend.put_image_scanning_configuration = put


@gap(
    "resourcegroupstaggingapi:GetResources of ecr",
    aws="lists repositories",
    moto="lists none",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_repositories():
    def tagged(self):
        for repository in self.repositories.values():
            tags = self.tagger.get_tag_dict_for_resource(repository.arn)
            yield TaggedResource(arn=repository.arn, tags=tags, resource_type="ecr:repository")

    original = tagging.iter_taggable_backends

    def backends(account, region):
        yield from original(account, region)
        yield ecr_backends[account][region]

    ECRBackend.iter_tagged_resources = tagged
    tagging.iter_taggable_backends = backends


@gap(
    "resourcegroupstaggingapi:GetResources of VPC endpoints and flow logs",
    aws="lists both, flow logs as `vpc-flow-log/`",
    moto="lists no endpoints, and flow logs as `flow-logs/`",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_endpoints():
    original = EC2Backend.iter_tagged_resources

    def tagged(self):
        for resource in original(self):
            if resource.resource_type != "ec2:flow-logs":
                yield resource
        flow_logs = [("vpc-flow-log", log.id) for log in self.flow_logs.values()]
        endpoints = [("vpc-endpoint", one.id) for one in self.vpc_end_points.values() if one.state != "deleted"]
        for kind, identifier in [*flow_logs, *endpoints]:
            arn = f"arn:{self.partition}:ec2:{self.region_name}:{self.account_id}:{kind}/{identifier}"
            tags = dict(self.tags.get(identifier, {}))
            yield TaggedResource(arn=arn, tags=tags, resource_type=f"ec2:{kind}")

    EC2Backend.iter_tagged_resources = tagged
