"""What tenants share: user pools, web ACLs, and a file system's policy."""

import json

from life import PREFIX, TAGS, UPPER


def user_pool(life):
    cognito, name = life.client("cognito-idp"), f"{PREFIX}-people"
    pool = cognito.create_user_pool(
        PoolName=name, UsernameAttributes=["email"], DeletionProtection="ACTIVE", UserPoolTags=TAGS
    )["UserPool"]
    life.ids["pool"], arn = pool["Id"], pool["Arn"]
    cognito.tag_resource(ResourceArn=arn, Tags={"Extra": "1"})
    life.holds("tags of a pool", cognito.list_tags_for_resource(ResourceArn=arn)["Tags"], {**TAGS, "Extra": "1"})
    cognito.untag_resource(ResourceArn=arn, TagKeys=["Extra"])
    cognito.create_user_pool_domain(UserPoolId=pool["Id"], Domain=name)
    life.refused(
        "a prefix that is taken",
        "InvalidParameterException",
        cognito.create_user_pool_domain,
        UserPoolId=life.base["user_pool_id"],
        Domain=name,
    )
    refusal = ("InvalidParameterException", cognito.delete_user_pool)
    life.refused("a protected pool", *refusal, UserPoolId=pool["Id"])
    cognito.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="INACTIVE", UserPoolTags=TAGS)
    found = cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
    life.holds("the pool's tags", found["UserPoolTags"], TAGS)
    life.holds("by what people sign in", found.get("UsernameAttributes"), ["email"])
    life.refused("a pool with a domain", *refusal, UserPoolId=pool["Id"])
    cognito.delete_user_pool_domain(UserPoolId=pool["Id"], Domain=name)


def web_acl(life):
    waf, name = life.client("wafv2"), f"{PREFIX}-acl"
    seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}
    statement = {"GeoMatchStatement": {"CountryCodes": ["KP"]}}
    rule = {"Name": "geo", "Priority": 0, "Statement": statement, "Action": {"Block": {}}, "VisibilityConfig": seen}
    whole = {"Name": name, "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": seen}
    made = waf.create_web_acl(**whole, Rules=[rule], Tags=UPPER)["Summary"]
    life.ids["acl"] = made["Id"]
    life.refused("a web ACL of a name that is taken", "WAFDuplicateItemException", waf.create_web_acl, **whole)
    waf.update_web_acl(**whole, Rules=[], Id=made["Id"], LockToken=made["LockToken"])
    found = waf.get_web_acl(Name=name, Scope="REGIONAL", Id=made["Id"])
    life.holds("rules of a web ACL without any", found["WebACL"]["Rules"], [])
    balancer = life.ids["alb-arn"]
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=balancer)
    going = {"Name": name, "Scope": "REGIONAL", "Id": made["Id"], "LockToken": found["LockToken"]}
    life.refused("a web ACL in use", "WAFAssociatedItemException", waf.delete_web_acl, **going)
    waf.associate_web_acl(WebACLArn=life.base["web_acl_arn"], ResourceArn=balancer)


def file_system_policy(life):
    efs, identifier = life.client("efs"), life.ids["fs"]
    allow = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    efs.put_file_system_policy(FileSystemId=identifier, Policy=policy)
    found = efs.describe_file_system_policy(FileSystemId=identifier)["Policy"]
    life.holds("a file system's policy", json.loads(found)["Statement"], [allow])
    efs.delete_file_system_policy(FileSystemId=identifier)
    life.refused(
        "a policy that was taken away", "PolicyNotFound", efs.describe_file_system_policy, FileSystemId=identifier
    )


def gone(life):
    cognito, waf, name = life.client("cognito-idp"), life.client("wafv2"), f"{PREFIX}-acl"
    cognito.delete_user_pool(UserPoolId=life.ids["pool"])
    identity = {"Name": name, "Scope": "REGIONAL", "Id": life.ids["acl"]}
    waf.delete_web_acl(**identity, LockToken=waf.get_web_acl(**identity)["LockToken"])
    life.refused("a deleted web ACL", "WAFNonexistentItemException", waf.get_web_acl, **identity)
