"""A tenant's end: everything goes in the order that AWS allows, and nothing is left."""

from life import PREFIX
from life_data import status_of_database
from life_serving import record, records, service, tagged


def compute_and_edge(life):
    ecs, elb, waf = life.client("ecs"), life.client("elbv2"), life.client("wafv2")
    scaling, ec2 = life.client("application-autoscaling"), life.client("ec2")
    which = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{life.base['cluster']}/{PREFIX}-django",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    life.refused("a group in use", "DependencyViolation", ec2.delete_security_group, GroupId=life.ids["ecs"])
    scaling.delete_scaling_policy(PolicyName="ALBRequestCountPerTarget", **which)
    scaling.deregister_scalable_target(**which)
    left = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=which["ResourceId"])["ScalingPolicies"]
    life.holds("policies of a target that is gone", left, [])
    cluster = life.base["cluster"]
    for name in ("django", "celery", "beat"):
        full = f"{PREFIX}-{name}"
        life.refused(
            "a service that runs", "InvalidParameterException", ecs.delete_service, cluster=cluster, service=full
        )
        ecs.update_service(cluster=cluster, service=full, desiredCount=0)
        gone = ecs.delete_service(cluster=cluster, service=full)["service"]
        life.holds("a service that is deleted", gone["status"], "DRAINING")
        life.eventually("the deleted service", lambda name=name: service(life, name)["status"], "INACTIVE")
        life.refused(
            "an update of what is gone",
            "ServiceNotActiveException",
            ecs.update_service,
            cluster=cluster,
            service=full,
            desiredCount=1,
        )
        for arn in ecs.list_task_definitions(familyPrefix=full)["taskDefinitionArns"]:
            ecs.deregister_task_definition(taskDefinition=arn)
            ecs.delete_task_definitions(taskDefinitions=[arn])
    record(life, "DELETE")
    life.holds("the deleted record", records(life), [])
    alb = life.ids["alb-arn"]
    waf.disassociate_web_acl(ResourceArn=alb)
    life.holds("no web ACL", waf.get_web_acl_for_resource(ResourceArn=alb).get("WebACL"), None)
    for listener in elb.describe_listeners(LoadBalancerArn=alb)["Listeners"]:
        elb.delete_listener(ListenerArn=listener["ListenerArn"])
    off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=alb, Attributes=off)
    elb.delete_load_balancer(LoadBalancerArn=alb)
    life.eventually(
        "the deleted load balancer", lambda: elb.describe_load_balancers(LoadBalancerArns=[alb]), "LoadBalancerNotFound"
    )
    elb.delete_target_group(TargetGroupArn=life.ids["tg"])


def data(life):
    rds, cache, efs, s3 = life.client("rds"), life.client("elasticache"), life.client("efs"), life.client("s3")
    identifier = {"DBInstanceIdentifier": f"{PREFIX}-db"}
    snapshot = {"FinalDBSnapshotIdentifier": f"{PREFIX}-final"}
    protected = {**identifier, **snapshot}
    life.refused("a protected database", "InvalidParameterCombination", rds.delete_db_instance, **protected)
    rds.modify_db_instance(DeletionProtection=False, ApplyImmediately=True, **identifier)
    life.refused("no word on a snapshot", "InvalidParameterCombination", rds.delete_db_instance, **identifier)
    groups = {
        "InvalidDBSubnetGroupStateFault": (rds.delete_db_subnet_group, {"DBSubnetGroupName": f"{PREFIX}-db"}),
        "InvalidDBParameterGroupState": (rds.delete_db_parameter_group, {"DBParameterGroupName": f"{PREFIX}-db"}),
    }
    for code, (call, arguments) in groups.items():
        life.refused("a group of a database", code, call, **arguments)
    gone = rds.delete_db_instance(**identifier, **snapshot)["DBInstance"]
    life.holds("a database that is deleted", gone["DBInstanceStatus"], "deleting")
    cache.delete_replication_group(ReplicationGroupId=PREFIX, FinalSnapshotIdentifier=f"{PREFIX}-final")
    life.eventually("the deleted database", status_of_database(life), "DBInstanceNotFound")
    life.eventually(
        "the deleted replication group",
        lambda: cache.describe_replication_groups(ReplicationGroupId=PREFIX),
        "ReplicationGroupNotFoundFault",
    )
    snapshots = rds.describe_db_snapshots(DBSnapshotIdentifier=f"{PREFIX}-final")["DBSnapshots"]
    life.holds("final snapshot", snapshots[0]["Status"], "available")
    life.holds("final snapshot's tags", len(snapshots[0]["TagList"]), 3)
    kept = cache.describe_snapshots(SnapshotName=f"{PREFIX}-final")["Snapshots"]
    life.holds("final snapshot of the cache", len(kept), 1)
    for call, arguments in groups.values():
        call(**arguments)
    cache.delete_cache_subnet_group(CacheSubnetGroupName=f"{PREFIX}-redis")
    life.refused(
        "a deleted cache subnet group",
        "CacheSubnetGroupNotFoundFault",
        cache.describe_cache_subnet_groups,
        CacheSubnetGroupName=f"{PREFIX}-redis",
    )
    rds.delete_db_snapshot(DBSnapshotIdentifier=f"{PREFIX}-final")
    cache.delete_snapshot(SnapshotName=f"{PREFIX}-final")

    for point in ("models", "data"):
        efs.delete_access_point(AccessPointId=life.ids[f"ap-{point}"])
    file_system = life.ids["fs"]
    for target in efs.describe_mount_targets(FileSystemId=file_system)["MountTargets"]:
        efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    efs.delete_file_system(FileSystemId=file_system)
    life.refused("a deleted file system", "FileSystemNotFound", efs.describe_file_systems, FileSystemId=file_system)

    name = f"{PREFIX}-data"
    s3.delete_bucket_policy(Bucket=name)
    versions = s3.list_object_versions(Bucket=name)
    stored = versions.get("Versions", []) + versions.get("DeleteMarkers", [])
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in stored]})
    s3.delete_bucket(Bucket=name)
    life.refused("a deleted bucket", "404", s3.head_bucket, Bucket=name)


def nothing_left(life):
    iam, logs = life.client("iam"), life.client("logs")
    secrets, ec2 = life.client("secretsmanager"), life.client("ec2")
    managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    iam.detach_role_policy(RoleName=f"{PREFIX}-execution", PolicyArn=managed)
    for name in ("execution", "task"):
        iam.delete_role_policy(RoleName=f"{PREFIX}-{name}", PolicyName="inline")
        iam.delete_role(RoleName=f"{PREFIX}-{name}")
    for name in ("django", "celery", "beat"):
        logs.delete_log_group(logGroupName=f"/ecs/{PREFIX}/{name}")
    for name in ("django", "db", "redis"):
        secrets.delete_secret(SecretId=f"{PREFIX}/{name}", ForceDeleteWithoutRecovery=True)
    life.refused("a group that a rule names", "DependencyViolation", ec2.delete_security_group, GroupId=life.ids["alb"])
    for name in ("efs", "cache", "db", "ecs", "alb"):
        ec2.delete_security_group(GroupId=life.ids[name])
    life.holds("what carries the tenant's tag", tagged(life), {})
