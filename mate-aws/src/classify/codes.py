#!/usr/bin/env python3
"""Writes codes.txt anew: every operation that mate-aws names, and the error codes that the AWS SDK models for it.

Run it after an update of the SDK, from any folder: python3 codes.py. It reads the SDK's sources in Cargo's registry, of
the versions in Cargo.lock. An operation without codes is one of EC2, which models none, or a name of MATE's own for a
change of several calls.
"""

import os
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent
LOCK = (SOURCES.parent.parent / "Cargo.lock").read_text()
REGISTRY = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "registry" / "src"
CRATES = {
    "application-autoscaling": "applicationautoscaling",
    "cognito-idp": "cognitoidentityprovider",
    "elasticfilesystem": "efs",
    "elbv2": "elasticloadbalancingv2",
    "events": "eventbridge",
    "logs": "cloudwatchlogs",
    "tag": "resourcegroupstagging",
}


VERBS = (
    "Add Allocate Associate Attach Authorize Change Create Decrease Delete Deregister Describe Detach Disable Disassociate "
    "Enable Get Head Increase List Modify Put Register Release Remove Replace Request Reset Restore Revoke Schedule Set Start "
    "Stop Subscribe Tag Unsubscribe Untag Update"
).split()


def named():
    """What the sources name as `service:Verb…`: the tests beside this file look for the same."""
    found = set()
    for file in SOURCES.rglob("*.rs"):
        if file.name in ("tests.rs", "testing.rs") or file.relative_to(SOURCES).parts[0] in ("policy", "classify", "quotas"):
            continue
        found.update(re.findall(rf'"([a-z0-9-]+:(?:{"|".join(VERBS)})(?:[A-Z]\w*)?)"', file.read_text()))
    return sorted(found)


def codes(operation):
    """The codes that the SDK tells apart in an answer to the operation."""
    service, call = operation.split(":")
    crate = "aws-sdk-" + CRATES.get(service, service)
    version = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', LOCK)
    if not version:
        raise SystemExit(f"{crate} is not in Cargo.lock")
    roots = list(REGISTRY.glob(f"*/{crate}-{version.group(1)}/src"))
    if not roots:
        raise SystemExit(f"{crate} {version.group(1)} is not in Cargo's registry: run cargo fetch")
    # The parser of an operation stands beside the operation, or in a file of its own where the protocol is an older one.
    for file in [*roots[0].glob("operation/*.rs"), *roots[0].glob("protocol_serde/shape_*.rs")]:
        if file.stem.removeprefix("shape_").replace("_", "") == call.lower():
            found = re.findall(r'^\s*"([^"]+)" =>\s+(?:\{\s+)?crate::operation::\w+::\w+Error::', file.read_text(), re.M)
            if found:
                return sorted(set(found))
    return []


lines = [" ".join([operation, *codes(operation)]) for operation in named()]
(HERE / "codes.txt").write_text("\n".join(lines) + "\n")
print(f"{len(lines)} operations")
