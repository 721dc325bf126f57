"""User pools: their tags, what refuses to be deleted, and what a change leaves as it was."""

from moto.cognitoidp.exceptions import InvalidParameterException, ResourceNotFoundError
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUserPool
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.responses import ActionResult, EmptyResult

from . import gap


def tags_of(pool):
    return pool.extended_config.setdefault("UserPoolTags", {})


@gap(
    "cognito-idp:TagResource, cognito-idp:UntagResource, cognito-idp:ListTagsForResource",
    aws="changes and lists the tags of a user pool",
    moto="answers 500, not implemented",
    page="cognito-user-identity-pools/latest/APIReference/API_TagResource.html",
)
def tag_user_pools():
    def find(self):
        arn = self._get_param("ResourceArn")
        for pool in self.backend.user_pools.values():
            if pool.arn == arn:
                return tags_of(pool)
        raise ResourceNotFoundError(f"Resource {arn} does not exist.")

    def tag(self):
        find(self).update(self._get_param("Tags"))
        return EmptyResult()

    def untag(self):
        tags = find(self)
        for key in self._get_param("TagKeys"):
            tags.pop(key, None)
        return EmptyResult()

    CognitoIdpResponse.tag_resource = tag
    CognitoIdpResponse.untag_resource = untag
    CognitoIdpResponse.list_tags_for_resource = lambda self: ActionResult({"Tags": find(self)})


@gap(
    "resourcegroupstaggingapi:GetResources of cognito-idp",
    aws="lists user pools",
    moto="lists none",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_user_pools():
    def tagged(self):
        for pool in self.user_pools.values():
            yield TaggedResource(pool.arn, tags_of(pool), "cognito-idp:userpool")

    CognitoIdpBackend.SERVICE_NAMESPACE = "cognito-idp"
    CognitoIdpBackend.__bases__ += (TaggableResourcesMixin,)
    CognitoIdpBackend.iter_tagged_resources = tagged


@gap(
    "cognito-idp:UpdateUserPool",
    aws="resets what it is not given, but never what is fixed at creation: by what people sign in, and how",
    moto="forgets that too, so that nobody can sign in by e-mail any more",
    page="cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html",
)
def update_user_pool():
    original = CognitoIdpUserPool.update_extended_config
    fixed = ("UsernameAttributes", "AliasAttributes", "UsernameConfiguration")

    def update(self, extended_config):
        before = getattr(self, "extended_config", {})
        original(self, extended_config)
        self.extended_config.update({name: before[name] for name in fixed if name in before})

    CognitoIdpUserPool.update_extended_config = update


@gap(
    "cognito-idp:DeleteUserPool",
    aws="refuses a pool with deletion protection or with a domain (`InvalidParameterException`)",
    moto="deletes it",
    page="cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html",
)
def delete_user_pool():
    original = CognitoIdpBackend.delete_user_pool

    def delete(self, user_pool_id):
        pool = self.describe_user_pool(user_pool_id)
        if pool.extended_config.get("DeletionProtection") == "ACTIVE":
            raise InvalidParameterException("The user pool cannot be deleted because deletion protection is activated.")
        if pool.domain:
            raise InvalidParameterException("User pool cannot be deleted. It has a domain configured.")
        original(self, user_pool_id)

    CognitoIdpBackend.delete_user_pool = delete


@gap(
    "cognito-idp:CreateUserPoolDomain",
    aws="refuses a prefix that is taken (`InvalidParameterException`)",
    moto="takes it away from the other pool",
    page="cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html",
)
def create_user_pool_domain():
    original = CognitoIdpBackend.create_user_pool_domain

    def create(self, user_pool_id, domain, custom_domain_config=None):
        if domain in self.user_pool_domains:
            raise InvalidParameterException("Domain already associated with another user pool.")
        return original(self, user_pool_id, domain, custom_domain_config)

    CognitoIdpBackend.create_user_pool_domain = create
