"""What a tenant keeps and who may reach it: security groups, roles, logs, secrets, bucket, files, database, cache."""

import json

from life import PREFIX, TAGS, UPPER


def security_groups(life):
    ec2 = life.client("ec2")
    for name in ("alb", "ecs", "db", "cache", "efs"):
        life.ids[name] = ec2.create_security_group(
            GroupName=f"{PREFIX}-{name}",
            Description=name,
            VpcId=life.base["vpc_id"],
            TagSpecifications=[{"ResourceType": "security-group", "Tags": UPPER}],
        )["GroupId"]
    everyone = {"IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "everyone"}]}
    world = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **everyone} for port in (80, 443)]
    ec2.authorize_security_group_ingress(GroupId=life.ids["alb"], IpPermissions=world)
    for name, peer, port in (("ecs", "alb", 8000), ("db", "ecs", 5432), ("cache", "ecs", 6379), ("efs", "ecs", 2049)):
        pair = {"GroupId": life.ids[peer], "Description": f"{name} from {peer}"}
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [pair]}
        ec2.authorize_security_group_ingress(GroupId=life.ids[name], IpPermissions=[rule])
        life.refused(
            f"{name}: the same rule again",
            "InvalidPermission.Duplicate",
            ec2.authorize_security_group_ingress,
            GroupId=life.ids[name],
            IpPermissions=[rule],
        )
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [life.ids["db"]]}])
    ingress = [rule for rule in rules["SecurityGroupRules"] if not rule["IsEgress"]]
    life.holds("db rule's peer", [rule["ReferencedGroupInfo"]["GroupId"] for rule in ingress], [life.ids["ecs"]])
    bare = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_ingress(GroupId=life.ids["alb"], IpPermissions=[bare])
    ec2.authorize_security_group_ingress(GroupId=life.ids["alb"], IpPermissions=[world[0]])
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=life.ids["db"],
        SecurityGroupRuleDescriptions=[
            {"SecurityGroupRuleId": ingress[0]["SecurityGroupRuleId"], "Description": "renamed"}
        ],
    )
    life.refused(
        "a group of a name that is taken",
        "InvalidGroup.Duplicate",
        ec2.create_security_group,
        GroupName=f"{PREFIX}-db",
        Description="again",
        VpcId=life.base["vpc_id"],
    )


def roles_logs_secrets(life):
    iam, logs, secrets = life.client("iam"), life.client("logs"), life.client("secretsmanager")
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for name in ("execution", "task"):
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName=f"{PREFIX}-{name}", AssumeRolePolicyDocument=document, Tags=UPPER)
        life.ids[f"role-{name}"] = role["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_role_policy(RoleName=f"{PREFIX}-{name}", PolicyName="inline", PolicyDocument=policy)
        life.holds("role's tags", len(iam.get_role(RoleName=f"{PREFIX}-{name}")["Role"]["Tags"]), 3)
    managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    iam.attach_role_policy(RoleName=f"{PREFIX}-execution", PolicyArn=managed)
    life.refused("a role with policies", "DeleteConflict", iam.delete_role, RoleName=f"{PREFIX}-execution")
    for name in ("django", "celery", "beat"):
        group = f"/ecs/{PREFIX}/{name}"
        logs.create_log_group(logGroupName=group, tags=TAGS)
        logs.put_retention_policy(logGroupName=group, retentionInDays=90)
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/ecs/{PREFIX}")["logGroups"]
    life.holds("retention", [group["retentionInDays"] for group in groups], [90] * 3)
    for name in ("django", "db", "redis"):
        secret = secrets.create_secret(
            Name=f"{PREFIX}/{name}", SecretString="generated", KmsKeyId=life.base["kms_key_arn"], Tags=UPPER
        )
        life.ids[f"secret-{name}"] = secret["ARN"]
    at = {"SecretId": secret["ARN"]}
    former = secrets.get_secret_value(**at)
    anew = secrets.put_secret_value(SecretString="anew", **at)["VersionId"]
    life.holds("a new value", secrets.get_secret_value(**at)["SecretString"], "anew")
    secrets.update_secret_version_stage(
        VersionStage="AWSCURRENT", RemoveFromVersionId=anew, MoveToVersionId=former["VersionId"], **at
    )
    life.holds("the value before again", secrets.get_secret_value(**at)["SecretString"], former["SecretString"])
    life.refused(
        "a secret of a name that is taken",
        "ResourceExistsException",
        secrets.create_secret,
        Name=f"{PREFIX}/db",
        SecretString="x",
    )


def bucket(life):
    s3, name = life.client("s3"), f"{PREFIX}-data"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": UPPER})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": life.base["kms_key_arn"]}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(blocks, True))
    moves = [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]
    cold = {
        "ID": "cold",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": moves,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [cold]})
    found = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    life.holds("bucket's key", found["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"], life.base["kms_key_arn"])
    life.holds("bucket key", found["BucketKeyEnabled"])
    rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    life.holds("lifecycle", [move["Days"] for move in rules[0]["Transitions"]], [30, 90])
    s3.put_object(Bucket=name, Key="media/x", Body=b"x")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    deny["Resource"] = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    # AWS's code is AccessDenied; moto answers the status alone.
    life.refused("an object over plain HTTP", "403", s3.put_object, Bucket=name, Key="media/y", Body=b"y")
    life.refused("a bucket with objects", "BucketNotEmpty", s3.delete_bucket, Bucket=name)


def file_system(life):
    efs = life.client("efs")
    made = efs.create_file_system(
        CreationToken=f"{PREFIX}-data",
        Encrypted=True,
        KmsKeyId=life.base["kms_key_arn"],
        ThroughputMode="provisioned",
        ProvisionedThroughputInMibps=64,
        Tags=UPPER,
    )
    file_system = life.ids["fs"] = made["FileSystemId"]
    efs.put_lifecycle_configuration(FileSystemId=file_system, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
    policies = efs.describe_lifecycle_configuration(FileSystemId=file_system)["LifecyclePolicies"]
    life.holds("EFS lifecycle", policies, [{"TransitionToIA": "AFTER_30_DAYS"}])
    for subnet in life.base["private_subnet_ids"]:
        efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet, SecurityGroups=[life.ids["efs"]])
    targets = efs.describe_mount_targets(FileSystemId=file_system)["MountTargets"]
    life.holds("mount targets", [target["LifeCycleState"] for target in targets], ["available"] * 3)
    groups = efs.describe_mount_target_security_groups(MountTargetId=targets[0]["MountTargetId"])["SecurityGroups"]
    life.holds("mount target's groups", groups, [life.ids["efs"]])
    for uid, name in ((1001, "models"), (1002, "data")):
        owner = {"OwnerUid": uid, "OwnerGid": uid, "Permissions": "0750"}
        point = efs.create_access_point(
            ClientToken=f"{PREFIX}-{name}",
            FileSystemId=file_system,
            PosixUser={"Uid": uid, "Gid": uid},
            RootDirectory={"Path": f"/{name}", "CreationInfo": owner},
            Tags=UPPER,
        )
        life.ids[f"ap-{name}"] = point["AccessPointId"]
    points = efs.describe_access_points(FileSystemId=file_system)["AccessPoints"]
    life.holds("access points", [point["RootDirectory"]["Path"] for point in points], ["/models", "/data"])
    life.refused(
        "an access point of a token that was used",
        "AccessPointAlreadyExists",
        efs.create_access_point,
        ClientToken=f"{PREFIX}-data",
        FileSystemId=file_system,
    )
    life.refused("a file system with mount targets", "FileSystemInUse", efs.delete_file_system, FileSystemId=file_system)
    efs.update_file_system(FileSystemId=file_system, ThroughputMode="bursting")
    mode = efs.describe_file_systems(FileSystemId=file_system)["FileSystems"][0]["ThroughputMode"]
    life.holds("throughput mode", mode, "bursting")


def status_of_database(life):
    rds = life.client("rds")
    return lambda: rds.describe_db_instances(DBInstanceIdentifier=f"{PREFIX}-db")["DBInstances"][0]["DBInstanceStatus"]


def database(life):
    rds = life.client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName=f"{PREFIX}-db",
        DBSubnetGroupDescription="database",
        SubnetIds=life.base["private_subnet_ids"],
        Tags=UPPER,
    )
    rds.create_db_parameter_group(
        DBParameterGroupName=f"{PREFIX}-db", DBParameterGroupFamily="postgres16", Description="settings", Tags=UPPER
    )
    force = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName=f"{PREFIX}-db", Parameters=[force])
    set_by_user = rds.describe_db_parameters(DBParameterGroupName=f"{PREFIX}-db", Source="user")["Parameters"]
    life.holds("parameters", [row["ParameterName"] for row in set_by_user], ["rds.force_ssl"])
    asked = {
        "DBInstanceIdentifier": f"{PREFIX}-db",
        "Engine": "postgres",
        "EngineVersion": "16",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": 20,
        "MaxAllocatedStorage": 100,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "KmsKeyId": life.base["kms_key_arn"],
        "MultiAZ": False,
        "BackupRetentionPeriod": 7,
        "DBName": "mate",
        "MasterUsername": "mate",
        "MasterUserPassword": "generated1",
        "Port": 5432,
        "DBSubnetGroupName": f"{PREFIX}-db",
        "DBParameterGroupName": f"{PREFIX}-db",
        "VpcSecurityGroupIds": [life.ids["db"]],
        "PubliclyAccessible": False,
        "DeletionProtection": True,
        "CopyTagsToSnapshot": True,
        "EnablePerformanceInsights": True,
        "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
        "Tags": UPPER,
    }
    made = rds.create_db_instance(**asked)["DBInstance"]
    life.holds("a new database", made["DBInstanceStatus"], "creating")
    life.refused("a database that exists", "DBInstanceAlreadyExists", rds.create_db_instance, **asked)
    life.eventually("the database", status_of_database(life), "available")
    found = rds.describe_db_instances(DBInstanceIdentifier=f"{PREFIX}-db")["DBInstances"][0]
    for name in ("DBInstanceClass", "MaxAllocatedStorage", "StorageEncrypted", "KmsKeyId", "BackupRetentionPeriod"):
        life.holds(f"database's {name}", found[name], asked[name])
    life.holds("database's major version", found["EngineVersion"].split(".")[0], "16")
    life.holds("database's endpoint", found["Endpoint"]["Port"], 5432)
    life.holds("database's exports", found["EnabledCloudwatchLogsExports"], asked["EnableCloudwatchLogsExports"])
    life.holds("database's subnet group", found["DBSubnetGroup"]["DBSubnetGroupName"], f"{PREFIX}-db")
    life.holds("database's insights", found["PerformanceInsightsEnabled"])
    life.holds("database's group", [g["VpcSecurityGroupId"] for g in found["VpcSecurityGroups"]], [life.ids["db"]])
    life.holds("database's tags", len(found["TagList"]), 3)
    rds.modify_db_instance(
        DBInstanceIdentifier=f"{PREFIX}-db",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=40,
        BackupRetentionPeriod=14,
        ApplyImmediately=True,
    )
    life.eventually("the changed database", status_of_database(life), "available")
    found = rds.describe_db_instances(DBInstanceIdentifier=f"{PREFIX}-db")["DBInstances"][0]
    changed = (found["DBInstanceClass"], found["AllocatedStorage"], found["BackupRetentionPeriod"])
    life.holds("the change", changed, ("db.t4g.small", 40, 14))
    identifier = {"DBInstanceIdentifier": f"{PREFIX}-db"}
    life.holds("a database that stops", rds.stop_db_instance(**identifier)["DBInstance"]["DBInstanceStatus"], "stopping")
    life.refused("a database that is stopped twice", "InvalidDBInstanceState", rds.stop_db_instance, **identifier)
    life.eventually("the stopped database", status_of_database(life), "stopped")
    change = {"BackupRetentionPeriod": 7, "ApplyImmediately": True}
    life.refused("a change of it", "InvalidDBInstanceState", rds.modify_db_instance, **identifier, **change)
    started = rds.start_db_instance(**identifier)["DBInstance"]
    life.holds("a database that starts", started["DBInstanceStatus"], "starting")
    life.eventually("the started database", status_of_database(life), "available")


def cache(life):
    cache = life.client("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName=f"{PREFIX}-redis",
        CacheSubnetGroupDescription="cache",
        SubnetIds=life.base["private_subnet_ids"],
        Tags=UPPER,
    )
    cache.modify_cache_subnet_group(CacheSubnetGroupName=f"{PREFIX}-redis", CacheSubnetGroupDescription="renamed")
    made = cache.create_replication_group(
        ReplicationGroupId=PREFIX,
        ReplicationGroupDescription="cache",
        Engine="redis",
        EngineVersion="7.1",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        AuthToken="generated-generated",
        TransitEncryptionEnabled=True,
        AtRestEncryptionEnabled=True,
        KmsKeyId=life.base["kms_key_arn"],
        SnapshotRetentionLimit=3,
        CacheSubnetGroupName=f"{PREFIX}-redis",
        SecurityGroupIds=[life.ids["cache"]],
        Port=6379,
        Tags=UPPER,
    )["ReplicationGroup"]
    life.holds("a new replication group", made["Status"], "creating")
    life.eventually("the replication group", lambda: replication_group(life)["Status"], "available")
    found = replication_group(life)
    life.holds("members", found["MemberClusters"], [f"{PREFIX}-001", f"{PREFIX}-002"])
    for name in ("AuthTokenEnabled", "TransitEncryptionEnabled", "AtRestEncryptionEnabled"):
        life.holds(name, found[name])
    life.holds("primary endpoint", found["NodeGroups"][0]["PrimaryEndpoint"]["Port"], 6379)
    life.holds("reader endpoint", found["NodeGroups"][0]["ReaderEndpoint"]["Port"], 6379)
    life.holds("key", found["KmsKeyId"], life.base["kms_key_arn"])
    life.holds("tags", len(cache.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]), 3)
    member = cache.describe_cache_clusters(CacheClusterId=f"{PREFIX}-001")["CacheClusters"][0]
    life.holds("member's version", member["EngineVersion"], "7.1")
    life.holds("member's subnet group", member["CacheSubnetGroupName"], f"{PREFIX}-redis")
    life.holds("member's groups", [g["SecurityGroupId"] for g in member["SecurityGroups"]], [life.ids["cache"]])
    cache.modify_replication_group(
        ReplicationGroupId=PREFIX, CacheNodeType="cache.t4g.small", SnapshotRetentionLimit=5, ApplyImmediately=True
    )
    life.eventually("the changed group", lambda: replication_group(life)["Status"], "available")
    life.holds("node type", replication_group(life)["CacheNodeType"], "cache.t4g.small")
    cache.increase_replica_count(ReplicationGroupId=PREFIX, NewReplicaCount=2, ApplyImmediately=True)
    life.eventually("three members", lambda: len(replication_group(life)["MemberClusters"]), 3)
    life.eventually("the grown group", lambda: replication_group(life)["Status"], "available")
    cache.decrease_replica_count(ReplicationGroupId=PREFIX, NewReplicaCount=1, ApplyImmediately=True)
    life.eventually("two members", lambda: len(replication_group(life)["MemberClusters"]), 2)
    life.eventually("the shrunken group", lambda: replication_group(life)["Status"], "available")
    cache.modify_replication_group(
        ReplicationGroupId=PREFIX, AuthToken="rotated-rotated-1", AuthTokenUpdateStrategy="ROTATE", ApplyImmediately=True
    )
    life.eventually("the rotated group", lambda: replication_group(life)["Status"], "available")
    life.refused(
        "a cache subnet group in use",
        "CacheSubnetGroupInUse",
        cache.delete_cache_subnet_group,
        CacheSubnetGroupName=f"{PREFIX}-redis",
    )


def replication_group(life):
    groups = life.client("elasticache").describe_replication_groups(ReplicationGroupId=PREFIX)["ReplicationGroups"]
    return groups[0]
