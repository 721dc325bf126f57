"""Hosted zones, trails and buckets."""

import xmltodict
from moto.cloudtrail.models import CloudTrailBackend
from moto.core.exceptions import JsonRESTError
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.route53.models import Route53Backend
from moto.s3.responses import S3Response
from moto.utilities.utils import get_partition

from . import gap


@gap(
    "cloudtrail:CreateTrail",
    aws="refuses a name that is taken (`TrailAlreadyExistsException`)",
    moto="replaces the trail of that name",
    page="awscloudtrail/latest/APIReference/API_CreateTrail.html",
)
def create_trail():
    original = CloudTrailBackend.create_trail

    def create(self, name, *others, **named):
        if name in self.trails:
            message = f"Trail {name} already exists for customer: {self.account_id}"
            raise JsonRESTError("TrailAlreadyExistsException", message)
        return original(self, name, *others, **named)

    CloudTrailBackend.create_trail = create


@gap(
    "resourcegroupstaggingapi:GetResources of cloudtrail and route53",
    aws="lists trails, and in us-east-1 hosted zones",
    moto="lists neither",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_trails_and_zones():
    def trails(self):
        for trail in self.trails.values():
            tags = self.tagging_service.get_tag_dict_for_resource(trail.arn)
            yield TaggedResource(trail.arn, tags, "cloudtrail:trail")

    def zones(self):
        for zone in self.zones:
            arn = f"arn:{get_partition(self.region_name)}:route53:::hostedzone/{zone}"
            yield TaggedResource(arn, dict(self.list_tags_for_resource(zone)), "route53:hostedzone")

    for backend, service, tagged in ((CloudTrailBackend, "cloudtrail", trails), (Route53Backend, "route53", zones)):
        backend.SERVICE_NAMESPACE = service
        backend.__bases__ += (TaggableResourcesMixin,)
        backend.iter_tagged_resources = tagged


@gap(
    "s3:CreateBucket with tags",
    aws="makes the bucket with its tags in one call",
    moto="drops the tags",
    page="AmazonS3/latest/API/API_CreateBucket.html",
)
def tagged_bucket():
    original = S3Response._bucket_response_put

    def put(self, *arguments, **named):
        answer = original(self, *arguments, **named)
        if self.body and b"<CreateBucketConfiguration" in bytes(self.body):
            configuration = xmltodict.parse(self.body, force_list=("Tag",))["CreateBucketConfiguration"] or {}
            tags = (configuration.get("Tags") or {}).get("Tag", [])
            if tags:
                self.backend.put_bucket_tagging(self.bucket_name, {tag["Key"]: tag["Value"] for tag in tags})
        return answer

    S3Response._bucket_response_put = put


@gap(
    "s3:GetBucketVersioning",
    aws="answers with the element VersioningConfiguration",
    moto="calls it GetBucketVersioningResponse, which AWS's SDK for Rust refuses to read",
    page="AmazonS3/latest/API/API_GetBucketVersioning.html",
)
def versioning_by_its_name():
    original = S3Response.get_bucket_versioning

    def get(self):
        status, headers, body = original(self)
        text = body.decode() if isinstance(body, bytes) else body
        return status, headers, text.replace("GetBucketVersioningResponse", "VersioningConfiguration")

    S3Response.get_bucket_versioning = get
