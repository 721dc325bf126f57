"""What databases and caches take for a password or a token: AWS never tells it, and a test has to know whether they follow."""

import json

from moto.elasticache import elasticache_backends
from moto.rds import rds_backends

#: Where the launcher answers with it.
PATH = "/mate/credentials"


def answer(start_response):
    """The password of each database, and the tokens that each cache takes, in the default account and region."""
    databases = rds_backends["123456789012"]["us-east-1"].databases.values()
    caches = elasticache_backends["123456789012"]["us-east-1"].replication_groups.values()
    told = {
        "databases": {database.db_instance_identifier: database._master_user_password for database in databases},
        "caches": {cache.replication_group_id: cache.auth_tokens for cache in caches},
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
