"""The checks of the emulator's self-test: what was counted, what failed, and names that every part uses."""

import time

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

import seed_base

TAGS = {"Tenant": "self", "Environment": "dev", "CostCenter": "engineering"}
UPPER = seed_base.pairs(TAGS)
LOWER = seed_base.pairs(TAGS, "key", "value")
PREFIX = "mate-self-dev"


class Life:
    """The checks, what they need from one another, and what went wrong."""

    def __init__(self, client, base):
        self.client = client
        self.base = base
        self.ids = {}
        self.failures = []
        self.count = 0

    def holds(self, what, found, wanted=True):
        self.count += 1
        if found != wanted:
            self.failures.append(f"{what}: {found!r}, wanted {wanted!r}")

    def refused(self, what, code, call, **arguments):
        """AWS refuses this call with this code."""
        try:
            call(**arguments)
            found = "accepted"
        except ClientError as error:
            found = error.response["Error"]["Code"]
        except (BotoCoreError, ResponseParserError) as error:
            found = type(error).__name__
        self.holds(what, found, code)

    def eventually(self, what, probe, wanted, seconds=10):
        """The probe comes to this answer. An error's code is an answer too."""
        end = time.monotonic() + seconds
        while True:
            try:
                found = probe()
            except ClientError as error:
                found = error.response["Error"]["Code"]
            if found == wanted or time.monotonic() > end:
                return self.holds(what, found, wanted)
            time.sleep(0.05)

    def run(self, parts):
        for part in parts:
            try:
                part(self)
            except (ClientError, BotoCoreError, ResponseParserError, KeyError, IndexError) as error:
                self.failures.append(f"{part.__name__} ended: {type(error).__name__}: {str(error)[:200]}")
