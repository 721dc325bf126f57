"""ECS services and their autoscaling."""

import json

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from . import gap, later
from .rollout import ENDED, end, roll, settle

#: What CreateService takes and moto drops, with what AWS answers when it was not given.
KEPT = {
    "capacityProviderStrategy": ("capacity_provider_strategy", None),
    "deploymentConfiguration": ("deployment_configuration", {"maximumPercent": 200, "minimumHealthyPercent": 100}),
    "enableExecuteCommand": ("enable_execute_command", False),
    "healthCheckGracePeriodSeconds": ("health_check_grace_period_seconds", None),
    "enableECSManagedTags": ("enable_ecs_managed_tags", False),
    "availabilityZoneRebalancing": ("availability_zone_rebalancing", None),
    "loadBalancers": ("load_balancers", []),
}


def keep(service, asked):
    for name, (attribute, default) in KEPT.items():
        if name in asked:
            setattr(service, attribute, asked[name])
        elif not hasattr(service, attribute):
            setattr(service, attribute, default)
    if service.capacity_provider_strategy:
        service.launch_type = None


def refuse_unattached(backend, asked):
    known = elbv2_backends[backend.account_id][backend.region_name].target_groups
    for behind in asked.get("loadBalancers") or []:
        other = (behind.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
        for arn in filter(None, (behind.get("targetGroupArn"), other)):
            group = known.get(arn)
            if group is None or not group.load_balancer_arns:
                text = f"The target group with targetGroupArn {arn}"
                raise InvalidParameterException(f"{text} does not have an associated load balancer.")


@gap(
    "ecs:CreateService",
    aws="keeps circuit breaker, capacity providers, execute command and grace period; refuses a name that is taken, and a "
    "target group that no load balancer has; tasks run after a while, and then the rollout is complete",
    moto="drops them, replaces the service of that name, and has a fixed number of running tasks",
    page="AmazonECS/latest/APIReference/API_CreateService.html",
)
def create_service():
    original = EC2ContainerServiceResponse.create_service

    def create(self):
        backend, asked = self.ecs_backend, self._get_params()
        name = f"{asked.get('cluster', 'default').split('/')[-1]}:{asked['serviceName']}"
        if name in backend.services and backend.services[name].status != "INACTIVE":
            raise InvalidParameterException("Creation of service was not idempotent.")
        refuse_unattached(backend, asked)
        answer = original(self)
        service = backend.services[name]
        service.deployments = []
        service.running_count = 0
        service.created_at = utcnow()
        keep(service, asked)
        roll(service)
        return answer

    EC2ContainerServiceResponse.create_service = create
    # The answer's transformers are the class's own: without tags asked for once, a later answer had none either.
    Service.health_check_grace_period_seconds = None


@gap(
    "ecs:UpdateService",
    aws="starts a deployment when the tasks change, moves the traffic between two target groups where its strategy is not `ROLLING`, "
    "and refuses a service that is not active (`ServiceNotActiveException`)",
    moto="keeps the old deployment's figures, drops the strategy, and updates what was deleted (bake times: none here)",
    page="AmazonECS/latest/APIReference/API_UpdateService.html",
)
def update_service():
    original = EC2ContainerServiceResponse.update_service
    anew = {
        "taskDefinition",
        "forceNewDeployment",
        "networkConfiguration",
        "capacityProviderStrategy",
        "loadBalancers",
        "platformVersion",
        "enableExecuteCommand",
    }

    def update(self):
        asked = self._get_params()
        service = self.ecs_backend._get_service(asked.get("cluster", "default"), asked["service"])
        if service.status != "ACTIVE":
            raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
        refuse_unattached(self.ecs_backend, asked)
        before = {name: getattr(service, KEPT[name][0]) for name in KEPT if name in asked}
        before |= {"taskDefinition": service.task_definition, "networkConfiguration": service.network_configuration}
        running = service.running_count
        answer = original(self)
        keep(service, asked)
        service.running_count = running
        changed = {name for name in anew & asked.keys() if before.get(name) != asked[name]}
        if "forceNewDeployment" in changed and not asked["forceNewDeployment"]:
            changed.discard("forceNewDeployment")
        if changed:
            roll(service)
        elif "desiredCount" in asked:
            service.pending_count = max(0, service.desired_count - running)
            later(lambda: service.status == "ACTIVE" and settle(service))
        return answer

    EC2ContainerServiceResponse.update_service = update


@gap(
    "ecs:DeleteService",
    aws="drains the tasks (`DRAINING`), then the service is `INACTIVE`",
    moto="is `INACTIVE` at once, and goes on to count the tasks as running",
    page="AmazonECS/latest/APIReference/API_DeleteService.html",
)
def delete_service():
    original = EC2ContainerServiceBackend.delete_service

    def delete(self, cluster_name, service_name, force):
        service = original(self, cluster_name, service_name, force)
        service.status, service.desired_count, service.deployments = "DRAINING", 0, []

        def gone():
            service.status, service.running_count, service.tags = "INACTIVE", 0, []

        later(gone)
        return service

    EC2ContainerServiceBackend.delete_service = delete


@gap(
    "ecs:RunTask",
    aws="makes one task for one client token; the task runs for a while, then it is `STOPPED` with its containers' exit codes "
    "and without its network interface, and StopTask ends it sooner",
    moto="makes another one with each call, which runs until it is stopped, and then has no exit code; answers 500 where a "
    "container has no memory of its own",
    page="AmazonECS/latest/APIReference/API_RunTask.html",
)
def run_task():
    original = EC2ContainerServiceResponse.run_task
    known = {}

    def command(task):
        overrides = (task.overrides or {}).get("containerOverrides") or [{}]
        return " ".join(overrides[0].get("command") or [])

    def run(self):
        asked = self._get_params()
        key = (self.ecs_backend.account_id, self.ecs_backend.region_name, asked.get("clientToken"))
        if asked.get("clientToken") and key in known:
            if known[key].task_arn in self.ecs_backend.tasks.get(known[key].cluster_name, {}):
                return ActionResult({"tasks": [known[key]], "failures": []})
        answer = original(self)
        for task in answer.result["tasks"]:
            known[key] = task
            task.created_at = utcnow()
            # Left to itself it would go on by one state each time that it is looked at.
            task._transitions = []
            for container in task.containers:
                container.exitCode = None
            # A command of `exit N` ends with that code, any other well.
            words = command(task).split()
            code = int(words[1]) if words[:1] == ["exit"] and len(words) > 1 else 0
            later(lambda task=task, code=code: end(task, code, "EssentialContainerExited", ENDED))
        return answer

    def stopped(self, cluster_str, task_str, reason):
        everywhere = [task for cluster in self.tasks.values() for task in cluster.values()]
        task = next((task for task in everywhere if task.id == task_str.split("/")[-1]), None)
        if task is None:
            raise InvalidParameterException("The referenced task was not found.")
        end(task, 143, "UserInitiated", reason)
        return task

    # On Fargate a container needs no memory of its own, and no instance has to have room for it.
    nothing = {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(lambda definition: dict(nothing))
    EC2ContainerServiceResponse.run_task = run
    EC2ContainerServiceBackend.stop_task = stopped


@gap(
    "application-autoscaling:RegisterScalableTarget",
    aws="tags the target; ListTagsForResource, TagResource and UntagResource; GetResources lists it",
    moto="drops the tags and knows none of these calls",
    page="autoscaling/application/APIReference/API_RegisterScalableTarget.html",
)
def tag_scalable_targets():
    original = ApplicationAutoScalingResponse.register_scalable_target

    def targets(backend):
        return [target for kind in backend.targets.values() for target in kind.values()]

    def find(self):
        arn = self._get_param("ResourceARN")
        for target in targets(self.applicationautoscaling_backend):
            if target.arn == arn:
                target.tags = getattr(target, "tags", {})
                return target
        raise JsonRESTError("ResourceNotFoundException", f"No scalable target found for ARN: {arn}")

    def register(self):
        answer = original(self)
        arn = json.loads(answer)["ScalableTargetARN"]
        for target in targets(self.applicationautoscaling_backend):
            if target.arn == arn and self._get_param("Tags"):
                target.tags = getattr(target, "tags", {}) | self._get_param("Tags")
        return answer

    def tag(self):
        find(self).tags.update(self._get_param("Tags"))
        return "{}"

    def untag(self):
        target = find(self)
        for key in self._get_param("TagKeys"):
            target.tags.pop(key, None)
        return "{}"

    ApplicationAutoScalingResponse.register_scalable_target = register
    ApplicationAutoScalingResponse.list_tags_for_resource = lambda self: json.dumps({"Tags": find(self).tags})
    ApplicationAutoScalingResponse.tag_resource = tag
    ApplicationAutoScalingResponse.untag_resource = untag

    def tagged(self):
        for target in targets(self):
            yield TaggedResource(target.arn, getattr(target, "tags", {}), "application-autoscaling:scalable-target")

    ApplicationAutoscalingBackend.SERVICE_NAMESPACE = "application-autoscaling"
    ApplicationAutoscalingBackend.__bases__ += (TaggableResourcesMixin,)
    ApplicationAutoscalingBackend.iter_tagged_resources = tagged


@gap(
    "application-autoscaling:DeregisterScalableTarget",
    aws="deletes the target's policies and scheduled actions with it; ObjectNotFoundException when there is none",
    moto="keeps the policies; ValidationException when there is none",
    page="autoscaling/application/APIReference/API_DeregisterScalableTarget.html",
)
def deregister_scalable_target():
    original = ApplicationAutoscalingBackend.deregister_scalable_target

    def deregister(self, namespace, r_id, dimension):
        if not self._scalable_target_exists(r_id, dimension):
            raise JsonRESTError("ObjectNotFoundException", f"No scalable target found for resource ID: {r_id}")
        original(self, namespace, r_id, dimension)
        for key, policy in list(self.policies.items()):
            if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
                policy.delete_alarms(self.account_id, self.region_name)
                del self.policies[key]

    ApplicationAutoscalingBackend.deregister_scalable_target = deregister
