"""A whole tenant's life on the emulator with boto3 alone: proof that moto and its patches carry it.

    python selftest.py            starts the launcher, makes the base, creates, reads, changes and destroys a tenant's every resource
    python selftest.py --bare     the same on moto as it is: shows what the patches are for

Ends with 0 only if every check held.
"""

import pathlib
import subprocess
import sys
import time

import life_account
import life_data
import life_end
import life_network
import life_platform
import life_serving
import life_shared
import seed_base
from life import Life

HERE = pathlib.Path(__file__).resolve().parent
PARTS = (
    life_network.network,
    life_account.hosted_zone,
    life_account.trail,
    life_account.tagged_bucket,
    life_data.security_groups,
    life_data.roles_logs_secrets,
    life_data.bucket,
    life_data.file_system,
    life_data.database,
    life_data.cache,
    life_serving.load_balancer,
    life_serving.address,
    life_serving.services,
    life_serving.scaling,
    life_serving.identity_provider,
    life_shared.user_pool,
    life_shared.web_acl,
    life_shared.file_system_policy,
    life_serving.inventory,
    life_platform.repository,
    life_platform.private_ways,
    life_platform.flow_log,
    life_shared.gone,
    life_end.compute_and_edge,
    life_end.data,
    life_end.nothing_left,
)


def main():
    bare = sys.argv[1:] == ["--bare"]
    if sys.argv[1:] and not bare:
        sys.exit(__doc__)
    start = time.monotonic()
    command = [sys.executable, str(HERE / "launcher.py"), *sys.argv[1:]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        word, port = server.stdout.readline().split()
        if word != "ready":
            sys.exit(f"the launcher said {word}")
        client = seed_base.session(f"http://127.0.0.1:{port}")
        life = Life(client, seed_base.make_base(client))
        life.run(PARTS)
        server.stdin.close()
        ended = server.wait(timeout=10)
    life.holds("the launcher's end when its input closes", ended, 0)
    for failure in life.failures:
        print(f"FAILED {failure}")
    print(f"emulator: {life.count} checks, {len(life.failures)} failed, {time.monotonic() - start:.1f} s")
    sys.exit(1 if life.failures else 0)


if __name__ == "__main__":
    main()
