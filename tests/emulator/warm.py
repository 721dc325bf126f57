"""What moto and botocore make in each process once it is asked for, made before the process forks: each emulator has it."""

import contextlib
import functools

#: Services that are asked for, as botocore calls them.
SERVICES = """acm application-autoscaling cloudtrail cognito-idp ec2 ecr ecs efs elasticache elbv2 events iam kms logs rds
    resourcegroupstaggingapi route53 s3 secretsmanager service-quotas sts wafv2""".split()
#: moto's names of those whose applications are made.
APPLICATIONS = """acm applicationautoscaling cloudtrail cognitoidp ec2 ecr ecs efs elasticache elb events iam kms logs rds
    resourcegroupstaggingapi route53 s3 secretsmanager servicequotas sts wafv2""".split()


def moto(application):
    """The models of the services, the applications, the managed policies of IAM, and the default VPC."""
    from moto.core import DEFAULT_ACCOUNT_ID, responses, utils
    from moto.ec2.models import ec2_backends
    from moto.iam.models import iam_backends
    from moto.utilities.utils import PARTITION_NAMES

    # One of moto's own: it corrects some of AWS's models.
    loader = utils.create_loader()
    utils.create_loader = lambda: loader
    # It looks through all members of a class, for each request.
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    for service in SERVICES:
        utils.get_service_model(service)
    for name in APPLICATIONS:
        application.app_instances[name] = application.create_app(name)
    for partition in PARTITION_NAMES:
        iam_backends[DEFAULT_ACCOUNT_ID][partition].access_keys  # noqa: B018  (it is made as it is asked for)
    ec2_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].vpcs  # noqa: B018


def models(loader, services):
    """What botocore knows of these services."""
    # A client says by itself what is wrong with a service that it does not know.
    with contextlib.suppress(Exception):
        for name in ("endpoints", "partitions", "sdk-default-configuration"):
            loader.load_data(name)
    for service in services:
        for kind in ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1"):
            with contextlib.suppress(Exception):
                loader.load_service_model({"s3api": "s3"}.get(service, service), kind)
