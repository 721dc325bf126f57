"""Load balancers and web ACLs."""

import json

from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.elbv2.exceptions import DuplicateListenerError, DuplicateLoadBalancerName, ELBClientError
from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import FakeWebACL, WAFV2Backend
from moto.wafv2.responses import WAFV2Response

from . import gap


@gap(
    "elbv2:CreateLoadBalancer",
    aws="answers the same settings with the load balancer that is there, other settings of that name with `DuplicateLoadBalancerName`",
    moto="makes a second one of the same name",
    page="elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
)
def create_load_balancer():
    original = ELBv2Backend.create_load_balancer

    def create(self, name, security_groups, subnet_ids, subnet_mappings=None, scheme="internet-facing", **others):
        for balancer in self.load_balancers.values():
            if balancer.name != name:
                continue
            there = (balancer.scheme, sorted(s.id for s in balancer.subnets), sorted(balancer.security_groups))
            if there == (scheme, sorted(subnet_ids), sorted(security_groups)):
                return balancer
            raise DuplicateLoadBalancerName()
        return original(self, name, security_groups, subnet_ids, subnet_mappings, scheme, **others)

    ELBv2Backend.create_load_balancer = create


@gap(
    "elbv2:DeleteLoadBalancer",
    aws="refuses one with deletion protection (`OperationNotPermitted`)",
    moto="deletes it",
    page="elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html",
)
def delete_load_balancer():
    original = ELBv2Backend.delete_load_balancer

    def delete(self, arn):
        balancer = self.load_balancers.get(arn)
        if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
            message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            raise ELBClientError("OperationNotPermitted", message)
        if balancer:
            for target_group in self.target_groups.values():
                target_group.load_balancer_arns = [a for a in target_group.load_balancer_arns if a != arn]
        return original(self, arn)

    ELBv2Backend.delete_load_balancer = delete


@gap(
    "elbv2:ModifyRule",
    aws="has the target groups that the rule forwards to stand behind its load balancer",
    moto="does so at the creation of a rule only",
    page="elasticloadbalancing/latest/APIReference/API_ModifyRule.html",
)
def modify_rule():
    original = ELBv2Backend.modify_rule

    def modify(self, rule_arn, conditions, actions):
        rule = original(self, rule_arn, conditions, actions)
        balancers = [b.arn for b in self.load_balancers.values() if rule.listener_arn in b.listeners]
        for action in rule.actions:
            for arn in self._get_target_group_arns_from(action_data=action.data):
                group = self.target_groups[arn]
                group.load_balancer_arns += [b for b in balancers if b not in group.load_balancer_arns]
        return rule

    ELBv2Backend.modify_rule = modify


@gap(
    "elbv2:CreateListener",
    aws="refuses a second listener of a port (`DuplicateListener`)",
    moto="makes it",
    page="elasticloadbalancing/latest/APIReference/API_CreateListener.html",
)
def create_listener():
    original = ELBv2Backend.create_listener

    def create(self, load_balancer_arn, protocol, port, *others, **named):
        balancer = self.load_balancers.get(load_balancer_arn)
        if balancer and any(str(listener.port) == str(port) for listener in balancer.listeners.values()):
            raise DuplicateListenerError()
        return original(self, load_balancer_arn, protocol, port, *others, **named)

    ELBv2Backend.create_listener = create


@gap(
    "resourcegroupstaggingapi:GetResources of elbv2",
    aws="lists listeners and rules too",
    moto="lists load balancers and target groups",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_listeners():
    original = ELBv2Backend.iter_tagged_resources

    def tagged(self):
        yield from original(self)
        for balancer in self.load_balancers.values():
            for listener in balancer.listeners.values():
                parts = {"listener": [listener.arn], "listener-rule": [rule.arn for rule in listener.rules.values()]}
                for kind, arns in parts.items():
                    for arn in arns:
                        tags = self.tagging_service.get_tag_dict_for_resource(arn)
                        yield TaggedResource(arn, tags, f"elasticloadbalancing:{kind}")

    ELBv2Backend.iter_tagged_resources = tagged


@gap(
    "wafv2:AssociateWebACL",
    aws="replaces what the resource was associated with, and refuses a load balancer that is not there",
    moto="adds to the list, so that a second call needs a second removal",
    page="waf/latest/APIReference/API_AssociateWebACL.html",
)
def associate_web_acl():
    original = WAFV2Backend.associate_web_acl

    def associate(self, web_acl_arn, resource_arn):
        balancers = elbv2_backends[self.account_id][self.region_name].load_balancers
        if ":loadbalancer/" in resource_arn and resource_arn not in balancers:
            raise WAFNonexistentItemException
        if web_acl_arn in self.wacls:
            self.disassociate_web_acl(resource_arn)
        original(self, web_acl_arn, resource_arn)

    WAFV2Backend.associate_web_acl = associate


@gap(
    "wafv2:ListResourcesForWebACL",
    aws="lists what a web ACL protects",
    moto="answers 500, not implemented",
    page="waf/latest/APIReference/API_ListResourcesForWebACL.html",
)
def list_resources_for_web_acl():
    parts = {"APPLICATION_LOAD_BALANCER": ":loadbalancer/app/", "API_GATEWAY": ":/restapis/"}

    def answer(self):
        asked = json.loads(self.body)
        web_acl = self.wafv2_backend.wacls.get(asked["WebACLArn"])
        if not web_acl:
            raise WAFNonexistentItemException
        part = parts.get(asked.get("ResourceType", "APPLICATION_LOAD_BALANCER"), asked.get("ResourceType"))
        found = [arn for arn in web_acl.associated_resources if part in arn]
        return 200, {"Content-Type": "application/json"}, json.dumps({"ResourceArns": found})

    WAFV2Response.list_resources_for_web_acl = answer


@gap(
    "wafv2:CreateWebACL",
    aws="refuses a name that is taken with `WAFDuplicateItemException`",
    moto="has a code of its own for it, `WafV2DuplicateItem`",
    page="waf/latest/APIReference/API_CreateWebACL.html",
)
def create_web_acl():
    original = WAFV2Backend.create_web_acl

    def create(self, name, *others, **named):
        if self._is_duplicate_name(name):
            message = "AWS WAF couldn't perform the operation because some resource in your request is a duplicate."
            raise WAFv2ClientError("WAFDuplicateItemException", message)
        return original(self, name, *others, **named)

    WAFV2Backend.create_web_acl = create


@gap(
    "wafv2:UpdateWebACL",
    aws="takes away every rule when it is given none",
    moto="keeps the old ones then",
    page="waf/latest/APIReference/API_UpdateWebACL.html",
)
def update_web_acl():
    original = FakeWebACL.update

    def update(self, default_action, rules, *others, **named):
        original(self, default_action, rules or [], *others, **named)

    FakeWebACL.update = update


@gap(
    "wafv2:DeleteWebACL",
    aws="refuses a web ACL that protects something (`WAFAssociatedItemException`)",
    moto="deletes it",
    page="waf/latest/APIReference/API_DeleteWebACL.html",
)
def delete_web_acl():
    original = WAFV2Backend.delete_web_acl

    def delete(self, name, scope, _id, lock_token):
        for web_acl in self.wacls.values():
            if web_acl.id == _id and web_acl.associated_resources:
                message = "AWS WAF couldn't perform the operation because your resource is being used by another one."
                raise WAFv2ClientError("WAFAssociatedItemException", message)
        original(self, name, scope, _id, lock_token)

    WAFV2Backend.delete_web_acl = delete


@gap(
    "resourcegroupstaggingapi:GetResources of wafv2",
    aws="lists web ACLs",
    moto="lists none",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_web_acls():
    def tagged(self):
        for web_acl in self.wacls.values():
            yield TaggedResource(web_acl.arn, self.tagging_service.get_tag_dict_for_resource(web_acl.arn), "wafv2:webacl")

    WAFV2Backend.SERVICE_NAMESPACE = "wafv2"
    WAFV2Backend.__bases__ += (TaggableResourcesMixin,)
    WAFV2Backend.iter_tagged_resources = tagged
