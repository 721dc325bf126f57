"""What moto leaves out or checks less than AWS, patched: one entry a call."""

import os
import time
from dataclasses import dataclass

API = "https://docs.aws.amazon.com/"

#: Seconds that a database, a cache and a service take to be ready, and to be gone.
DELAY = float(os.environ.get("MATE_EMULATOR_DELAY", "0.3"))

_pending = []
_entries = []


@dataclass(frozen=True)
class Entry:
    call: str
    aws: str
    moto: str
    page: str
    patch: object


def gap(call, *, aws, moto, page):
    """Enters a patch into the list. It is a function without arguments, called once before the server starts."""

    def enter(patch):
        _entries.append(Entry(call, aws, moto, API + page, patch))
        return patch

    return enter


def later(change, delay=None):
    """Makes a change of state once `MATE_EMULATOR_DELAY` seconds have passed."""
    _pending.append((time.monotonic() + (DELAY if delay is None else delay), change))


def move_on(path):
    """Makes the changes that are due. Called between requests; a reset forgets them all."""
    if path == "/moto-api/reset":
        _pending.clear()
    now = time.monotonic()
    due = [change for at, change in _pending if at <= now]
    _pending[:] = [(at, change) for at, change in _pending if at > now]
    for change in due:
        change()


def entries():
    from . import account, compute, data, edge, endpoints, identity, network, rollout  # noqa: F401  (they enter themselves)

    return sorted(_entries, key=lambda entry: entry.call)


def patch():
    for entry in entries():
        entry.patch()


def table():
    rows = ["| Call | What AWS does | What moto does |", "|---|---|---|"]
    rows += [f"| [{entry.call}]({entry.page}) | {entry.aws} | {entry.moto} |" for entry in entries()]
    return "\n".join(rows)
