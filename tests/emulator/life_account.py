"""What belongs to an account rather than to a tenant: a hosted zone, a trail; and a bucket that is made with its tags."""

from life import PREFIX, UPPER


def listed(life, kind):
    answer = life.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=[kind])
    return [row["ResourceARN"] for row in answer["ResourceTagMappingList"] if row["Tags"]]


def hosted_zone(life):
    route53 = life.client("route53")
    zone = route53.create_hosted_zone(Name="self.example.com", CallerReference="self")["HostedZone"]["Id"]
    zone = zone.removeprefix("/hostedzone/")
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, AddTags=UPPER)
    life.holds("tagged zone", listed(life, "route53:hostedzone"), [f"arn:aws:route53:::hostedzone/{zone}"])
    route53.delete_hosted_zone(Id=zone)
    life.holds("tagged zone in the end", listed(life, "route53:hostedzone"), [])


def trail(life):
    bucket, trails = f"{PREFIX}-trail", life.client("cloudtrail")
    life.client("s3").create_bucket(Bucket=bucket)
    settings = {"Name": f"{PREFIX}-trail", "S3BucketName": bucket, "TagsList": UPPER}
    arn = trails.create_trail(**settings)["TrailARN"]
    life.refused("a second trail of the name", "TrailAlreadyExistsException", trails.create_trail, **settings)
    life.holds("tagged trail", listed(life, "cloudtrail:trail"), [arn])
    trails.delete_trail(Name=settings["Name"])
    life.holds("tagged trail in the end", listed(life, "cloudtrail:trail"), [])
    life.client("s3").delete_bucket(Bucket=bucket)


def tagged_bucket(life):
    bucket, s3 = f"{PREFIX}-tagged", life.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"Tags": UPPER})
    life.holds("tags of a bucket from its creation", s3.get_bucket_tagging(Bucket=bucket)["TagSet"], UPPER)
    s3.delete_bucket(Bucket=bucket)
