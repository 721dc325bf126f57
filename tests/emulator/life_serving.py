"""What serves a tenant: load balancer, web ACL, address, tasks and services, autoscaling, identity provider, inventory."""

import json

from life import LOWER, PREFIX, TAGS, UPPER


def forward(life):
    return [{"Type": "forward", "TargetGroupArn": life.ids["tg"]}]


def load_balancer(life):
    elb, waf = life.client("elbv2"), life.client("wafv2")
    asked = {
        "Name": PREFIX,
        "Type": "application",
        "Scheme": "internet-facing",
        "Subnets": life.base["public_subnet_ids"],
        "SecurityGroups": [life.ids["alb"]],
        "Tags": UPPER,
    }
    made = elb.create_load_balancer(**asked)["LoadBalancers"][0]
    life.holds("a new load balancer", made["State"]["Code"], "provisioning")
    again = elb.create_load_balancer(**asked)["LoadBalancers"][0]
    life.holds("the same load balancer again", again["LoadBalancerArn"], made["LoadBalancerArn"])
    life.refused(
        "another of that name",
        "DuplicateLoadBalancerName",
        elb.create_load_balancer,
        **{**asked, "Scheme": "internal", "Subnets": life.base["private_subnet_ids"]},
    )
    alb = life.ids["alb-arn"] = made["LoadBalancerArn"]
    life.eventually(
        "the load balancer",
        lambda: elb.describe_load_balancers(LoadBalancerArns=[alb])["LoadBalancers"][0]["State"]["Code"],
        "active",
    )
    wanted = {"idle_timeout.timeout_seconds": "120", "routing.http.drop_invalid_header_fields.enabled": "true"}
    wanted["deletion_protection.enabled"] = "true"
    rows = [{"Key": key, "Value": value} for key, value in wanted.items()]
    elb.modify_load_balancer_attributes(LoadBalancerArn=alb, Attributes=rows)
    rows = elb.describe_load_balancer_attributes(LoadBalancerArn=alb)["Attributes"]
    life.holds("attributes", {row["Key"]: row["Value"] for row in rows if row["Key"] in wanted}, wanted)
    target_group = elb.create_target_group(
        Name=f"{PREFIX}-django",
        Protocol="HTTP",
        Port=8000,
        VpcId=life.base["vpc_id"],
        TargetType="ip",
        HealthCheckPath="/admin/",
        HealthCheckIntervalSeconds=30,
        HealthCheckTimeoutSeconds=5,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
        Matcher={"HttpCode": "200,301,302"},
        Tags=UPPER,
    )["TargetGroups"][0]
    life.ids["tg"] = target_group["TargetGroupArn"]
    life.holds("matcher", target_group["Matcher"]["HttpCode"], "200,301,302")
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
    elb.modify_target_group_attributes(TargetGroupArn=life.ids["tg"], Attributes=delay)
    elb.modify_target_group(TargetGroupArn=life.ids["tg"], HealthCheckPath="/health/")
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    http = {"Protocol": "HTTP", "Port": 80, "DefaultActions": [{"Type": "redirect", "RedirectConfig": redirect}]}
    elb.create_listener(LoadBalancerArn=alb, Tags=UPPER, **http)
    life.refused("a second listener of a port", "DuplicateListener", elb.create_listener, LoadBalancerArn=alb, **http)
    https = elb.create_listener(
        LoadBalancerArn=alb,
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": life.base["certificate_arn"]}],
        DefaultActions=forward(life),
        Tags=UPPER,
    )["Listeners"][0]
    life.ids["https"] = https["ListenerArn"]
    rule = elb.create_rule(
        ListenerArn=life.ids["https"],
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/api/*"]}],
        Actions=forward(life),
        Tags=UPPER,
    )["Rules"][0]
    elb.modify_rule(RuleArn=rule["RuleArn"], Conditions=[{"Field": "path-pattern", "Values": ["/v2/*"]}])
    listeners = elb.describe_listeners(LoadBalancerArn=alb)["Listeners"]
    life.holds("listeners", sorted(listener["Port"] for listener in listeners), [80, 443])
    described = elb.describe_tags(ResourceArns=[alb, life.ids["tg"], life.ids["https"], rule["RuleArn"]])
    life.holds("tags", [len(row["Tags"]) for row in described["TagDescriptions"]], [3] * 4)
    acl = life.base["web_acl_arn"]
    for _ in range(2):
        waf.associate_web_acl(WebACLArn=acl, ResourceArn=alb)
    life.holds("web ACL", waf.get_web_acl_for_resource(ResourceArn=alb)["WebACL"]["ARN"], acl)
    protected = waf.list_resources_for_web_acl(WebACLArn=acl, ResourceType="APPLICATION_LOAD_BALANCER")["ResourceArns"]
    life.holds("what the web ACL protects", protected, [alb])
    life.refused("a target group in use", "ResourceInUse", elb.delete_target_group, TargetGroupArn=life.ids["tg"])
    life.refused("a protected load balancer", "OperationNotPermitted", elb.delete_load_balancer, LoadBalancerArn=alb)


def record(life, action):
    alb = life.client("elbv2").describe_load_balancers(LoadBalancerArns=[life.ids["alb-arn"]])["LoadBalancers"][0]
    alias = {
        "HostedZoneId": alb["CanonicalHostedZoneId"],
        "DNSName": f"dualstack.{alb['DNSName']}",
        "EvaluateTargetHealth": True,
    }
    change = {"Name": "self.mate.sociant.ai", "Type": "A", "AliasTarget": alias}
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": change}]}
    route53 = life.client("route53")
    return route53.change_resource_record_sets(HostedZoneId=life.base["hosted_zone_id"], ChangeBatch=batch)


def records(life):
    rows = life.client("route53").list_resource_record_sets(
        HostedZoneId=life.base["hosted_zone_id"], StartRecordName="self.mate.sociant.ai", StartRecordType="A"
    )
    return [row["Name"] for row in rows["ResourceRecordSets"] if row["Type"] == "A"]


def address(life):
    change = record(life, "UPSERT")["ChangeInfo"]["Id"]
    route53 = life.client("route53")
    life.eventually("the change of DNS", lambda: route53.get_change(Id=change)["ChangeInfo"]["Status"], "INSYNC")
    life.holds("alias record", records(life), ["self.mate.sociant.ai."])


def task_definition(life, name, tag="main"):
    volumes = [
        {
            "name": volume,
            "efsVolumeConfiguration": {
                "fileSystemId": life.ids["fs"],
                "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": life.ids[f"ap-{volume}"], "iam": "ENABLED"},
            },
        }
        for volume in ("models", "data")
    ]
    options = {"awslogs-group": f"/ecs/{PREFIX}/{name}", "awslogs-region": "us-east-1", "awslogs-stream-prefix": name}
    container = {
        "name": name,
        "image": f"{life.base['repositories'][name]}:{tag}",
        "essential": True,
        "environment": [{"name": "DJANGO_ALLOWED_HOSTS", "value": "*"}],
        "secrets": [{"name": "SECRET_KEY", "valueFrom": life.ids["secret-django"]}],
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/mnt/tenant-data", "readOnly": False}],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
        "stopTimeout": 60,
    }
    if name == "django":
        container["portMappings"] = [{"containerPort": 8000, "protocol": "tcp"}]
    return life.client("ecs").register_task_definition(
        family=f"{PREFIX}-{name}",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=life.ids["role-execution"],
        taskRoleArn=life.ids["role-task"],
        containerDefinitions=[container],
        volumes=volumes,
        tags=LOWER,
    )["taskDefinition"]


def service(life, name):
    found = life.client("ecs").describe_services(
        cluster=life.base["cluster"], services=[f"{PREFIX}-{name}"], include=["TAGS"]
    )["services"]
    return found[0]


def steady(life, name, count):
    def probe():
        found = service(life, name)
        states = [deployment["rolloutState"] for deployment in found["deployments"]]
        return found["runningCount"], states

    life.eventually(f"{name} steady", probe, (count, ["COMPLETED"]))


def services(life):
    ecs = life.client("ecs")
    network = {"subnets": life.base["private_subnet_ids"], "securityGroups": [life.ids["ecs"]], "assignPublicIp": "DISABLED"}
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    rollout = {"maximumPercent": 200, "minimumHealthyPercent": 100, **breaker}
    spread = [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
    ]
    for name in ("django", "celery", "beat"):
        made = task_definition(life, name)
        volume = made["volumes"][0]["efsVolumeConfiguration"]
        life.holds("volume", volume["authorizationConfig"]["accessPointId"], life.ids["ap-models"])
        asked = {
            "cluster": life.base["cluster"],
            "serviceName": f"{PREFIX}-{name}",
            "taskDefinition": made["taskDefinitionArn"],
            "desiredCount": 3,
            "capacityProviderStrategy": spread,
            "networkConfiguration": {"awsvpcConfiguration": network},
            "deploymentConfiguration": rollout,
            "enableExecuteCommand": True,
            "propagateTags": "SERVICE",
            "tags": LOWER,
        }
        if name == "django":
            behind = {"targetGroupArn": life.ids["tg"], "containerName": name, "containerPort": 8000}
            asked |= {"loadBalancers": [behind], "healthCheckGracePeriodSeconds": 60}
        new = ecs.create_service(**asked)["service"]
        life.holds("a new service", (new["status"], new["runningCount"]), ("ACTIVE", 0))
        life.refused("a service that exists", "InvalidParameterException", ecs.create_service, **asked)
        steady(life, name, 3)
    found = service(life, "django")
    life.holds("circuit breaker", found["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"])
    life.holds("capacity providers", found["capacityProviderStrategy"], spread)
    life.holds("launch type", found.get("launchType"), None)
    life.holds("execute command", found["enableExecuteCommand"])
    for name, command, code in (("a task", ["true"], 0), ("a task that fails", ["exit", "137"], 137)):
        asked = {
            "cluster": life.base["cluster"],
            "taskDefinition": found["taskDefinition"],
            "clientToken": name.replace(" ", "-"),
            "startedBy": "selftest",
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": network},
            "overrides": {"containerOverrides": [{"name": "django", "command": command}]},
            "tags": LOWER,
        }
        made = ecs.run_task(**asked)["tasks"][0]
        life.holds(f"{name} that runs", (made["lastStatus"], made["containers"][0].get("exitCode")), ("RUNNING", None))
        life.holds(f"{name} of the same token", ecs.run_task(**asked)["tasks"][0]["taskArn"], made["taskArn"])

        def ended(arn=made["taskArn"]):
            task = ecs.describe_tasks(cluster=life.base["cluster"], tasks=[arn], include=["TAGS"])["tasks"][0]
            return task["lastStatus"], task["containers"][0].get("exitCode"), task.get("stopCode"), len(task["tags"])

        life.eventually(f"{name} that has ended", ended, ("STOPPED", code, "EssentialContainerExited", len(LOWER)))
        family = made["taskDefinitionArn"].split("/")[-1].split(":")[0]
        over = ecs.list_tasks(cluster=life.base["cluster"], family=family, desiredStatus="STOPPED")
        life.holds(f"{name} among those that have stopped", made["taskArn"] in over["taskArns"])
        ecs.untag_resource(resourceArn=made["taskArn"], tagKeys=[tag["key"] for tag in LOWER])
    life.holds("grace period", found["healthCheckGracePeriodSeconds"], 60)
    life.holds("service's load balancer", found["loadBalancers"][0]["targetGroupArn"], life.ids["tg"])
    life.holds("service's tags", len(found["tags"]), 3)
    described = ecs.describe_task_definition(taskDefinition=found["taskDefinition"], include=["TAGS"])
    life.holds("task definition's tags", len(described["tags"]), 3)
    revision = task_definition(life, "django")["taskDefinitionArn"]
    cluster = life.base["cluster"]
    changed = ecs.update_service(
        cluster=cluster, service=f"{PREFIX}-django", taskDefinition=revision, desiredCount=2, enableExecuteCommand=False
    )["service"]
    primary = changed["deployments"][0]
    life.holds("rollout", (primary["taskDefinition"], primary["rolloutState"]), (revision, "IN_PROGRESS"))
    steady(life, "django", 2)
    found = service(life, "django")
    life.holds("the update", (found["taskDefinition"], found["enableExecuteCommand"]), (revision, False))
    two_groups(life, rollout)
    failed_rollout(life, revision)
    missing = ecs.describe_services(cluster=cluster, services=["nobody"])["failures"][0]["reason"]
    life.holds("a missing service", missing, "MISSING")


def two_groups(life, rollout):
    """A blue-green deployment moves the traffic to the other target group, the next one back."""
    ecs, elb = life.client("ecs"), life.client("elbv2")
    vpc = life.base["vpc_id"]
    other = elb.create_target_group(Name="other", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip")["TargetGroups"][0]
    other = other["TargetGroupArn"]
    rule = elb.create_rule(
        ListenerArn=life.ids["https"],
        Priority=50,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=forward(life),
    )["Rules"][0]["RuleArn"]
    behind = {"targetGroupArn": life.ids["tg"], "containerName": "django", "containerPort": 8000}
    way = {"alternateTargetGroupArn": other, "productionListenerRule": rule, "roleArn": "arn:aws:iam::123456789012:role/ecs"}
    asked = {
        "cluster": life.base["cluster"],
        "service": f"{PREFIX}-django",
        "loadBalancers": [behind | {"advancedConfiguration": way}],
        "deploymentConfiguration": rollout | {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5},
    }
    life.refused("an unattached group", "InvalidParameterException", ecs.update_service, **asked)
    groups = [{"TargetGroupArn": life.ids["tg"], "Weight": 1}, {"TargetGroupArn": other, "Weight": 0}]
    elb.modify_rule(RuleArn=rule, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}])
    for number, wanted in enumerate(([0, 100], [100, 0])):
        ecs.update_service(**asked, forceNewDeployment=number > 0)
        steady(life, "django", 2)
        action = elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
        life.holds("weights", [group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]], wanted)
    found = service(life, "django")
    life.holds("strategy", found["deploymentConfiguration"]["strategy"], "BLUE_GREEN")
    life.holds("alternate", found["loadBalancers"][0]["advancedConfiguration"]["alternateTargetGroupArn"], other)
    ecs.update_service(**asked | {"loadBalancers": [behind], "deploymentConfiguration": rollout})
    steady(life, "django", 2)
    elb.delete_rule(RuleArn=rule)
    elb.delete_target_group(TargetGroupArn=other)


def failed_rollout(life, before):
    """A deployment of an image whose tasks end is rolled back, and the stopped tasks say what they ended for."""
    ecs, ecr, cluster = life.client("ecs"), life.client("ecr"), life.base["cluster"]
    layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1, "digest": "sha256:exit-137"}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [layer]}
    manifest["config"] = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": "sha256:c"}
    repository = life.base["repositories"]["django"]
    ecr.put_image(
        repositoryName=repository.split("/")[-1].split(":")[0], imageTag="exit-137", imageManifest=json.dumps(manifest)
    )
    bad = task_definition(life, "django", "exit-137")["taskDefinitionArn"]
    ecs.update_service(cluster=cluster, service=f"{PREFIX}-django", taskDefinition=bad)

    def probe():
        found = service(life, "django")
        states = [deployment["rolloutState"] for deployment in found["deployments"]]
        return found["taskDefinition"], states, found["runningCount"]

    life.eventually("a rollout that failed", probe, (before, ["COMPLETED"], 2))
    events = [event["message"] for event in service(life, "django")["events"]]
    life.holds("its events", "rolling back" in events[0] and "deployment failed" in events[1])
    over = ecs.list_tasks(cluster=cluster, serviceName=f"{PREFIX}-django", desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=over)["tasks"]
    told = {(task["taskDefinitionArn"], task["containers"][0]["exitCode"]) for task in tasks}
    life.holds("its tasks", (len(tasks), told), (3, {(bad, 137)}))
    life.holds("why they ended", "OutOfMemory" in tasks[0]["containers"][0].get("reason", ""))


def scaling(life):
    scaling = life.client("application-autoscaling")
    which = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{life.base['cluster']}/{PREFIX}-django",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    target = scaling.register_scalable_target(MinCapacity=2, MaxCapacity=10, Tags=TAGS, **which)["ScalableTargetARN"]
    life.holds("target's tags", scaling.list_tags_for_resource(ResourceARN=target)["Tags"], TAGS)
    suspended = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True, "ScheduledScalingSuspended": True}
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=5, SuspendedState=suspended, **which)
    found = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[which["ResourceId"]])["ScalableTargets"][0]
    life.holds("bounds", (found["MinCapacity"], found["MaxCapacity"]), (1, 5))
    life.holds("suspended", found["SuspendedState"], suspended)
    label = "/".join(life.ids["alb-arn"].split("/")[1:]) + "/" + life.ids["tg"].split(":")[-1]
    for name in ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget"):
        metric = {"PredefinedMetricType": name}
        if name.startswith("ALB"):
            metric["ResourceLabel"] = label
        scaling.put_scaling_policy(
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 70.0,
                "PredefinedMetricSpecification": metric,
                "ScaleInCooldown": 300,
                "ScaleOutCooldown": 60,
            },
            **which,
        )
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=which["ResourceId"])["ScalingPolicies"]
    life.holds("policies", len(policies), 3)


def identity_provider(life):
    cognito, pool = life.client("cognito-idp"), life.base["user_pool_id"]
    cognito.create_identity_provider(
        UserPoolId=pool,
        ProviderName="self",
        ProviderType="SAML",
        ProviderDetails={"MetadataURL": "https://idp.example.org/metadata"},
        AttributeMapping={"email": "mail"},
    )
    cognito.update_identity_provider(UserPoolId=pool, ProviderName="self", AttributeMapping={"email": "upn"})
    found = cognito.describe_identity_provider(UserPoolId=pool, ProviderName="self")["IdentityProvider"]
    life.holds("attribute mapping", found["AttributeMapping"], {"email": "upn"})
    cognito.delete_identity_provider(UserPoolId=pool, ProviderName="self")
    life.refused(
        "a deleted identity provider",
        "ResourceNotFoundException",
        cognito.describe_identity_provider,
        UserPoolId=pool,
        ProviderName="self",
    )


def tagged(life):
    """Everything that carries the tenant's tag, as `service:kind` with how many there are."""
    pages = life.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "Tenant", "Values": ["self"]}], ResourcesPerPage=10
    )
    counts = {}
    for page in pages:
        for row in page["ResourceTagMappingList"]:
            _, _, service, _, _, rest = row["ResourceARN"].split(":", 5)
            kind = f"{service}:{rest.replace('/', ':').split(':')[0]}" if service != "s3" else "s3:bucket"
            counts[kind] = counts.get(kind, 0) + 1
    return counts


def inventory(life):
    wanted = {
        "application-autoscaling:scalable-target": 1,
        "cognito-idp:userpool": 1,
        "ec2:security-group": 5,
        "ecs:service": 3,
        "ecs:task-definition": 5,
        "elasticache:replicationgroup": 1,
        "elasticache:subnetgroup": 1,
        "elasticfilesystem:access-point": 2,
        "elasticfilesystem:file-system": 1,
        "elasticloadbalancing:listener": 2,
        "elasticloadbalancing:listener-rule": 1,
        "elasticloadbalancing:loadbalancer": 1,
        "elasticloadbalancing:targetgroup": 1,
        "logs:log-group": 3,
        "rds:db": 1,
        "rds:pg": 1,
        "rds:snapshot": 1,  # the first automatic one; it goes with the database
        "rds:subgrp": 1,
        "s3:bucket": 1,
        "secretsmanager:secret": 3,
        "wafv2:regional": 1,
    }
    found = tagged(life)
    for kind in sorted(wanted | found):
        life.holds(f"tagged {kind}", found.get(kind, 0), wanted.get(kind, 0))
