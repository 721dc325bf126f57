"""Databases, caches and files: what takes time, what is in use, what is missing."""

import json

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult, EmptyResult
from moto.efs.exceptions import EFSError, FileSystemNotFound
from moto.efs.models import EFSBackend
from moto.efs.responses import EFSResponse
from moto.elasticache.exceptions import (
    CacheClusterNotFound,
    CacheSubnetGroupNotFound,
    ElastiCacheException,
    ReplicationGroupNotFound,
)
from moto.elasticache.models import CacheSubnetGroup, ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse
from moto.rds.exceptions import InvalidParameterCombination, RDSClientError
from moto.rds.models import RDSBackend
from moto.secretsmanager.models import SecretsManagerBackend

from . import gap, later


def for_a_while(resource, status, then="available"):
    """A status that ends in `then` by itself."""
    resource.status = status

    def ready():
        if resource.status == status:
            resource.status = then

    later(ready)


@gap(
    "rds:CreateDBInstance",
    aws="is `creating` for minutes, and `modifying` after a change; shows whether Performance Insights is on",
    moto="is `available` at once; drops Performance Insights",
    page="AmazonRDS/latest/APIReference/API_CreateDBInstance.html",
)
def databases_take_time():
    create, modify = RDSBackend.create_db_instance, RDSBackend.modify_db_instance
    quick = {"db_instance_identifier", "apply_immediately", "deletion_protection", "tags"}

    def created(self, db_kwargs):
        database = create(self, db_kwargs)
        database.performance_insights_enabled = bool(db_kwargs.get("enable_performance_insights"))
        for_a_while(database, "creating")
        return database

    def modified(self, db_instance_identifier, db_kwargs):
        database = self.describe_db_instances(db_instance_identifier)[0]
        if database.status == "deleting":
            raise RDSClientError("InvalidDBInstanceState", f"Instance {db_instance_identifier} is deleting.")
        if database.status in ("stopping", "stopped", "starting"):
            raise RDSClientError("InvalidDBInstanceState", f"Instance {db_instance_identifier} is {database.status}.")
        slow = {name for name, value in db_kwargs.items() if value is not None} - quick
        database = modify(self, db_instance_identifier, db_kwargs)
        if db_kwargs.get("enable_performance_insights") is not None:
            database.performance_insights_enabled = db_kwargs["enable_performance_insights"]
        if slow:
            for_a_while(database, "modifying")
        return database

    RDSBackend.create_db_instance = created
    RDSBackend.modify_db_instance = modified


@gap(
    "rds:StopDBInstance, rds:StartDBInstance",
    aws="is `stopping` and `starting` for minutes; what is stopped is not modified (`InvalidDBInstanceState`)",
    moto="is `stopped` and `available` at once, and modifies what is stopped",
    page="AmazonRDS/latest/APIReference/API_StopDBInstance.html",
)
def databases_stop():
    stop, start = RDSBackend.stop_db_instance, RDSBackend.start_db_instance

    def stopped(self, *args, **named):
        database = stop(self, *args, **named)
        for_a_while(database, "stopping", "stopped")
        return database

    def started(self, *args, **named):
        database = start(self, *args, **named)
        for_a_while(database, "starting")
        return database

    RDSBackend.stop_db_instance = stopped
    RDSBackend.start_db_instance = started


@gap(
    "rds:DeleteDBInstance",
    aws="wants a final snapshot or the word that there is none; is `deleting` for minutes, and then not found",
    moto="accepts neither, and is gone at once",
    page="AmazonRDS/latest/APIReference/API_DeleteDBInstance.html",
)
def delete_db_instance():
    original = RDSBackend.delete_db_instance

    def delete(
        self, db_instance_identifier, final_db_snapshot_identifier=None, skip_final_snapshot=False, **others
    ):
        identifier = db_instance_identifier
        there = self.databases.get(identifier)
        if there and there.status == "deleting":
            raise RDSClientError("InvalidDBInstanceState", f"Instance {identifier} is already being deleted.")
        if there and not there.deletion_protection and bool(final_db_snapshot_identifier) == bool(skip_final_snapshot):
            text = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and only then."
            raise InvalidParameterCombination(text)
        database = original(self, identifier, final_db_snapshot_identifier, skip_final_snapshot, **others)
        self.databases[identifier] = database
        later(lambda: self.databases.pop(identifier, None))
        return database

    RDSBackend.delete_db_instance = delete


@gap(
    "rds:DeleteDBSubnetGroup, rds:DeleteDBParameterGroup",
    aws="refuses a group of a database (`InvalidDBSubnetGroupStateFault`, `InvalidDBParameterGroupState`)",
    moto="deletes it, and then DescribeDBInstances answers 500",
    page="AmazonRDS/latest/APIReference/API_DeleteDBParameterGroup.html",
)
def database_groups_in_use():
    subnets, parameters = RDSBackend.delete_subnet_group, RDSBackend.delete_db_parameter_group

    def delete_subnet_group(self, subnet_name):
        if any(database._db_subnet_group_name == subnet_name for database in self.databases.values()):
            raise RDSClientError("InvalidDBSubnetGroupStateFault", f"{subnet_name} is in use.")
        return subnets(self, subnet_name)

    def delete_db_parameter_group(self, db_parameter_group_name):
        if any(database.db_parameter_group_name == db_parameter_group_name for database in self.databases.values()):
            raise RDSClientError("InvalidDBParameterGroupState", f"{db_parameter_group_name} is in use.")
        return parameters(self, db_parameter_group_name)

    RDSBackend.delete_subnet_group = delete_subnet_group
    RDSBackend.delete_db_parameter_group = delete_db_parameter_group


@gap(
    "resourcegroupstaggingapi:GetResources of rds",
    aws="lists subnet groups and parameter groups too",
    moto="lists databases, clusters, proxies and snapshots",
    page="resourcegroupstagging/latest/APIReference/supported-services.html",
)
def tagged_database_groups():
    original = RDSBackend.iter_tagged_resources

    def tagged(self):
        yield from original(self)
        for kind, groups in (("subgrp", self.subnet_groups), ("pg", self.db_parameter_groups)):
            for group in groups.values():
                tags = {tag["Key"]: tag["Value"] for tag in group.get_tags()}
                yield TaggedResource(group.arn, tags, f"rds:{kind}")

    RDSBackend.iter_tagged_resources = tagged


@gap(
    "elasticache:CreateReplicationGroup",
    aws="is `creating` for minutes; has as many members as NumCacheClusters says, each a cache cluster with version, subnet "
    "group and security groups",
    moto="is `available` at once, with no reader endpoint and one member that DescribeCacheClusters does not know",
    page="AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html",
)
def create_replication_group():
    create, describe = ElastiCacheBackend.create_replication_group, ElastiCacheBackend.describe_cache_clusters
    nodes = ReplicationGroup._set_node_members_clusters_disabled

    def replicas(self, **named):
        named["replicas_per_node_group"] = named["replicas_per_node_group"] or named["num_cache_clusters"] - 1
        nodes(self, **named)

    def created(self, **named):
        group = create(self, **named)
        for node_group in group.node_groups:
            if "reader_endpoint_address" in node_group:
                reader = {"address": node_group["reader_endpoint_address"], "port": group.port}
                node_group["reader_endpoint"] = reader
        group.auth_tokens = [named["auth_token"]] if named.get("auth_token") else []
        for_a_while(group, "creating")
        return group

    def members(self):
        for group in self.replication_groups.values():
            for name in group.member_clusters:
                yield {
                    "CacheClusterId": name,
                    "ReplicationGroupId": group.replication_group_id,
                    "CacheClusterStatus": group.status,
                    "CacheNodeType": group.cache_node_type,
                    "Engine": group.engine,
                    "EngineVersion": group.engine_version,
                    "NumCacheNodes": 1,
                    "CacheSubnetGroupName": group.cache_subnet_group_name,
                    "SecurityGroups": [
                        {"SecurityGroupId": name, "Status": "active"} for name in group.security_group_ids or []
                    ],
                    "SnapshotRetentionLimit": group.snapshot_retention_limit,
                    "AuthTokenEnabled": group.auth_token_enabled,
                    "TransitEncryptionEnabled": group.transit_encryption_enabled,
                    "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
                    "ARN": group.arn.replace(":replicationgroup:", ":cluster:").replace(group.replication_group_id, name),
                }

    def described(self, cache_cluster_id=None):
        found = [row for row in members(self) if cache_cluster_id in (None, row["CacheClusterId"])]
        try:
            return [*describe(self, cache_cluster_id), *found]
        except CacheClusterNotFound:
            if not found:
                raise
            return found

    ReplicationGroup._set_node_members_clusters_disabled = replicas
    ElastiCacheBackend.create_replication_group = created
    ElastiCacheBackend.describe_cache_clusters = described


@gap(
    "elasticache:ModifyReplicationGroup",
    aws="changes engine version, security groups, token (`ROTATE` leaves the one before good, `SET` ends it) and parameter group "
    "too, and is `modifying` for a while; refuses a group that is not available (`InvalidReplicationGroupState`)",
    moto="ignores these, and changes at once",
    page="AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html",
)
def modify_replication_group():
    original = ElastiCacheResponse.modify_replication_group
    plain = {
        "EngineVersion": "engine_version",
        "SecurityGroupIds": "security_group_ids",
        "CacheParameterGroupName": "cache_parameter_group_name",
        "PreferredMaintenanceWindow": "preferred_maintenance_window",
        "SnapshotWindow": "snapshot_window",
    }

    def modify(self):
        group = changeable(self)
        answer = original(self)
        for name, attribute in plain.items():
            if self._get_param(name):
                setattr(group, attribute, self._get_param(name))
        token = self._get_param("AuthToken")
        if token:
            before = group.auth_tokens[-1:] if self._get_param("AuthTokenUpdateStrategy") == "ROTATE" else []
            group.auth_token_enabled, group.auth_tokens = True, [*before, token]
        for_a_while(group, "modifying")
        return answer

    ElastiCacheResponse.modify_replication_group = modify


def changeable(response):
    name = response._get_param("ReplicationGroupId")
    group = response.elasticache_backend.describe_replication_groups(name)[0]
    if group.status != "available":
        raise ElastiCacheException("InvalidReplicationGroupState", f"Replication group {name} is {group.status}.")
    return group


@gap(
    "elasticache:IncreaseReplicaCount, elasticache:DecreaseReplicaCount",
    aws="adds or removes replicas of each node group",
    moto="answers 500, not implemented",
    page="AmazonElastiCache/latest/APIReference/API_IncreaseReplicaCount.html",
)
def change_replica_count():
    def change(self):
        group = changeable(self)
        wanted = self._get_int_param("NewReplicaCount")
        node_group = group.node_groups[0]
        node_group["node_group_members"], group.member_clusters = [], []
        group._set_node_members_clusters_disabled(
            member_clusters=group.member_clusters,
            replication_group_id=group.replication_group_id,
            replication_group_domain=node_group["primary_endpoint_address"].removeprefix("master."),
            node_group=node_group,
            preferred_cache_cluster_azs=[],
            num_cache_clusters=wanted + 1,
            replicas_per_node_group=wanted,
        )
        for_a_while(group, "modifying")
        return ActionResult({"ReplicationGroup": group})

    ElastiCacheResponse.increase_replica_count = change
    ElastiCacheResponse.decrease_replica_count = change


@gap(
    "elasticache:DeleteReplicationGroup",
    aws="takes the final snapshot that was asked for, is `deleting` for minutes, and then not found",
    moto="takes none, and is `deleting` for ever",
    page="AmazonElastiCache/latest/APIReference/API_DeleteReplicationGroup.html",
)
def delete_replication_group():
    original = ElastiCacheResponse.delete_replication_group

    def delete(self):
        backend, name = self.elasticache_backend, self._get_param("ReplicationGroupId")
        if name in backend.replication_groups:
            changeable(self)
        snapshot = self._get_param("FinalSnapshotIdentifier")
        if snapshot:
            backend.create_snapshot(snapshot, name, None, None, [])
        answer = original(self)
        group = backend.replication_groups[name]

        def gone():
            if backend.replication_groups.pop(name, None):
                backend.tagging_service.delete_all_tags_for_resource(group.arn)

        later(gone)
        return answer

    ElastiCacheResponse.delete_replication_group = delete


@gap(
    "elasticache:ListTagsForResource of a replication group",
    aws="knows no group that is gone (`ReplicationGroupNotFoundFault`)",
    moto="answers that it has no tags",
    page="AmazonElastiCache/latest/APIReference/API_ListTagsForResource.html",
)
def tags_of_replication_groups():
    original = ElastiCacheBackend.list_tags_for_resource

    def tags(self, arn):
        kind, name = arn.split(":")[-2:]
        if kind == "replicationgroup" and name not in self.replication_groups:
            raise ReplicationGroupNotFound(name)
        return original(self, arn)

    ElastiCacheBackend.list_tags_for_resource = tags


@gap(
    "elasticache:DeleteCacheSubnetGroup, elasticache:ModifyCacheSubnetGroup",
    aws="refuses to delete a group of a cache (`CacheSubnetGroupInUse`); changes description and subnets",
    moto="answers 500, not implemented",
    page="AmazonElastiCache/latest/APIReference/API_DeleteCacheSubnetGroup.html",
)
def cache_subnet_groups():
    def find(self):
        name = self._get_param("CacheSubnetGroupName")
        if name not in self.elasticache_backend.cache_subnet_groups:
            raise CacheSubnetGroupNotFound(name)
        return name, self.elasticache_backend.cache_subnet_groups[name]

    def delete(self):
        name, group = find(self)
        backend = self.elasticache_backend
        caches = [*backend.replication_groups.values(), *backend.cache_clusters.values()]
        if any(cache.cache_subnet_group_name == name for cache in caches):
            raise ElastiCacheException("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use.")
        del backend.cache_subnet_groups[name]
        backend.tagging_service.delete_all_tags_for_resource(group.arn)
        return EmptyResult()

    def modify(self):
        name, group = find(self)
        backend = self.elasticache_backend
        changed = CacheSubnetGroup(
            account_id=backend.account_id,
            region_name=backend.region_name,
            cache_subnet_group_name=name,
            cache_subnet_group_description=self._get_param("CacheSubnetGroupDescription")
            or group.cache_subnet_group_description,
            subnet_ids=self._get_param("SubnetIds") or group.subnet_ids,
            tags=group.tags,
        )
        backend.cache_subnet_groups[name] = changed
        return ActionResult({"CacheSubnetGroup": changed})

    ElastiCacheResponse.delete_cache_subnet_group = delete
    ElastiCacheResponse.modify_cache_subnet_group = modify


@gap(
    "efs:UpdateFileSystem",
    aws="changes the throughput",
    moto="answers 500, not implemented",
    page="efs/latest/ug/API_UpdateFileSystem.html",
)
def update_file_system():
    def update(self):
        identifier = self.path.rstrip("/").split("/")[-1]
        file_system = self.efs_backend.file_systems_by_id.get(identifier)
        if file_system is None:
            raise FileSystemNotFound(identifier)
        if self._get_param("ThroughputMode"):
            file_system.throughput_mode = self._get_param("ThroughputMode")
        provisioned = self._get_param("ProvisionedThroughputInMibps")
        file_system.provisioned_throughput_in_mibps = provisioned if file_system.throughput_mode == "provisioned" else None
        return json.dumps(file_system.info_json()), {"status": 202, "Content-Type": "application/json"}

    EFSResponse.update_file_system = update


@gap(
    "efs:CreateAccessPoint",
    aws="makes one access point for one client token (`AccessPointAlreadyExists`)",
    moto="makes another with each call",
    page="efs/latest/ug/API_CreateAccessPoint.html",
)
def create_access_point():
    original = EFSBackend.create_access_point

    class AccessPointAlreadyExists(EFSError):
        code = 409

    def create(self, client_token, *others, **named):
        if any(client_token and point.client_token == client_token for point in self.access_points.values()):
            raise AccessPointAlreadyExists("AccessPointAlreadyExists", f"Access point with {client_token} already exists.")
        return original(self, client_token, *others, **named)

    EFSBackend.create_access_point = create


@gap(
    "efs:DeleteFileSystemPolicy",
    aws="takes the policy away",
    moto="answers 500, not implemented",
    page="efs/latest/ug/API_DeleteFileSystemPolicy.html",
)
def delete_file_system_policy():
    def delete(self):
        identifier = self.path.rstrip("/").split("/")[-2]
        file_system = self.efs_backend.file_systems_by_id.get(identifier)
        if file_system is None:
            raise FileSystemNotFound(identifier)
        file_system.file_system_policy = None
        return "{}", {"Content-Type": "application/json"}

    EFSResponse.delete_file_system_policy = delete


@gap(
    "secretsmanager:UpdateSecretVersionStage",
    aws="GetSecretValue without version and stage answers with the version that AWSCURRENT was moved to",
    moto="goes on to answer with the version before",
    page="secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html",
)
def update_secret_version_stage():
    original = SecretsManagerBackend.update_secret_version_stage

    def update(self, secret_id, version_stage, remove_from_version_id, move_to_version_id):
        answer = original(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
        if version_stage == "AWSCURRENT" and move_to_version_id:
            self.secrets[secret_id].set_default_version_id(move_to_version_id)
        return answer

    SecretsManagerBackend.update_secret_version_stage = update
