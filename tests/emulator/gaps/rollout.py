"""Rollouts of ECS services: they take a while, and one whose tasks end fails and is rolled back."""

import re

from moto.core.utils import utcnow
from moto.ec2 import ec2_backends
from moto.ecr.models import ecr_backends
from moto.ecs.models import EC2ContainerServiceBackend, Task
from moto.moto_api._internal import mock_random

from . import DELAY, gap, later

#: Why a task is stopped whose container has come to its end.
ENDED = "Essential container in task exited"
#: What ECS says of a container that is killed for want of memory, and of its exit code.
KILLED, OUT_OF_MEMORY = 137, "OutOfMemoryError: Container killed due to memory usage"
#: Tasks that end before the circuit breaker opens: its least threshold.
THRESHOLD = 3
#: How long a deployment that failed is still listed once the one before is back: minutes on AWS.
LISTED = 20 * DELAY


def end(task, code, stop_code, reason):
    """Brings a task to its end, with its network interface."""
    if task.last_status == "STOPPED":
        return
    task.last_status = task.desired_status = "STOPPED"
    task.stop_code, task.stopped_reason, task.stopped_at = stop_code, reason, utcnow()
    for container in task.containers:
        container.last_status, container.exitCode = "STOPPED", code
    network = ec2_backends[task._account_id][task.region_name]
    for row in [row for attachment in task.attachments for row in attachment["details"]]:
        if row["name"] == "networkInterfaceId":
            network.enis.pop(row["value"], None)


def code_of(service, definition):
    """The exit code of the tasks of a definition: N where its first container's image carries the tag `exit-N` in ECR."""
    image = service._backend.describe_task_definition(definition).container_definitions[0]["image"]
    found = re.fullmatch(r"(\d+)\.dkr\.ecr\.([^.]+)\.amazonaws\.com/([^:@]+)(?:[:@])(.+)", image)
    if not found:
        return None
    account, region, name, reference = found.groups()
    repository = ecr_backends[account][region].repositories.get(name)
    for known in repository.images if repository else []:
        if reference in (known.get_image_digest(), *known.image_tags):
            codes = [re.fullmatch(r"exit-(\d+)", tag) for tag in known.image_tags]
            return next((int(code.group(1)) for code in codes if code), None)
    return None


def tell(service, text):
    service.events.insert(0, {"id": str(mock_random.uuid4()), "createdAt": utcnow(), "message": f"(service {service.name}) {text}"})


def begin(service, definition, reason):
    now = utcnow()
    return {
        "id": f"ecs-svc/{mock_random.randint(10**18, 10**19)}",
        "status": "PRIMARY",
        "taskDefinition": definition,
        "desiredCount": service.desired_count,
        "pendingCount": service.desired_count,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "launchType": service.launch_type,
        "capacityProviderStrategy": service.capacity_provider_strategy,
        "platformVersion": service.platform_version or "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": service.network_configuration,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": reason,
    }


def roll(service):
    """A deployment: the new tasks run after the delay, and then it is complete and the old deployment gone."""
    old = [dict(deployment, status="ACTIVE") for deployment in service.deployments[:1]]
    primary = begin(service, service.task_definition, "ECS deployment in progress.")
    service.deployments = [primary, *old]
    service.pending_count = service.desired_count

    def present():
        return service.deployments[:1] == [primary] and service.status == "ACTIVE"

    def complete():
        if present():
            settle(service)
            primary.update(rolloutState="COMPLETED", rolloutStateReason="ECS deployment completed.")
            service.deployments = [primary]

    code = code_of(service, service.task_definition) if service.desired_count else None
    later(complete if code is None else lambda: present() and fail(service, primary, old, code))


def fail(service, primary, old, code):
    """The tasks end; where a circuit breaker watches, the deployment fails, and the one before takes its place."""
    cluster = service._backend._get_cluster(service.cluster_name)
    definition = service._backend.describe_task_definition(primary["taskDefinition"])
    for _ in range(THRESHOLD):
        task = Task(
            cluster,
            definition,
            None,
            {},
            backend=service._backend,
            group=f"service:{service.name}",
            launch_type="FARGATE",
            started_by=primary["id"],
            networking_configuration=service.network_configuration,
        )
        task.created_at = task.started_at = utcnow()
        task._transitions = []
        end(task, code, "EssentialContainerExited", ENDED)
        if code == KILLED:
            task.containers[0].reason = OUT_OF_MEMORY
        service._backend.tasks.setdefault(service.cluster_name, {})[task.task_arn] = task
    primary.update(failedTasks=THRESHOLD, updatedAt=utcnow())
    breaker = (service.deployment_configuration or {}).get("deploymentCircuitBreaker") or {}
    if not breaker.get("enable"):
        return
    primary.update(rolloutState="FAILED", pendingCount=0)
    primary["rolloutStateReason"] = "ECS deployment circuit breaker: tasks failed to start."
    tell(service, f"(deployment {primary['id']}) deployment failed: tasks failed to start.")
    if not breaker.get("rollback") or not old:
        return
    reason = f"ECS deployment circuit breaker: rolling back to deploymentId {old[0]['id']}."
    back = begin(service, old[0]["taskDefinition"], reason)
    tell(service, f"rolling back to deployment {back['id']}.")
    service.task_definition = old[0]["taskDefinition"]
    service.deployments = [back, dict(primary, status="ACTIVE")]

    def complete():
        if service.deployments[:1] == [back] and service.status == "ACTIVE":
            settle(service)
            back.update(rolloutState="COMPLETED", rolloutStateReason="ECS deployment completed.")
            service.deployments = [back, *(dict(one, status="DRAINING") for one in service.deployments[1:])]

    def forget():
        if service.deployments[:1] == [back]:
            service.deployments = [back]

    later(complete)
    later(forget, LISTED)


def settle(service):
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments[:1]:
        counts = {"desiredCount": service.desired_count, "runningCount": service.desired_count, "pendingCount": 0}
        deployment.update(counts, updatedAt=utcnow())


@gap(
    "ecs:ListTasks of a service, and a rollout that fails",
    aws="lists the stopped tasks of a service for an hour; its circuit breaker fails a deployment whose tasks end, and rolls back. "
    "Here they end with exit code N whose image has the tag `exit-N` in ECR",
    moto="lists every task of the cluster instead; every rollout succeeds",
    page="AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
)
def list_tasks():
    original = EC2ContainerServiceBackend.list_tasks

    def of_service(self, *arguments, **named):
        service = named.get("service_name") or (arguments[4] if len(arguments) > 4 else None)
        found = original(self, *arguments, **named)
        return [task for task in found if task.group == f"service:{service.split('/')[-1]}"] if service else found

    EC2ContainerServiceBackend.list_tasks = of_service
