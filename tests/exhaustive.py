"""Runs what is too long for every commit, and writes what it came to into docs/guarantees.md.

    python3 tests/exhaustive.py [PART ...]      without a part all of them: matrix simulation faults fights stores features

A test tells how much it has run by lines as `[matrix] 415 cases of Provision`. A part that fails leaves the document as it is.
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "guarantees.md"
BEGIN, END = "<!-- exhaustive: written by ./test exhaustive -->", "<!-- end -->"
COUNT = re.compile(r"\[(\w+)\] (\d+) (.+)")

#: Optimised, and without AWS.
SIMULATED = ["--profile", "simulation", "--no-default-features", "--features", "sim,testing", "-p", "mate"]
#: As every other test, so that the AWS SDK is not built a second time; the examples are what is killed.
WHOLE = ["--workspace", "--all-features"]
#: They wait more than they compute.
THREADS = ["--test-threads", str(4 * (os.cpu_count() or 2))]


def cargo(*arguments, **environment):
    """Runs cargo, and gives the counts that it told."""
    print(f"==> cargo {' '.join(arguments)}", flush=True)
    counts = []
    environment = {**os.environ, "MATE_EXHAUSTIVE": "1", **environment}
    with subprocess.Popen(["cargo", *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as child:
        for line in child.stderr:
            print(line, end="", file=sys.stderr, flush=True)
            found = COUNT.match(line)
            if found:
                counts.append((found[1], int(found[2]), found[3].strip()))
    if child.returncode:
        sys.exit(f"FAILED: cargo {' '.join(arguments)}")
    return counts


def matrix():
    return cargo("test", *SIMULATED, "--test", "sim", "--", "matrix::")


def simulation():
    many = os.environ.get("MATE_SIM_SCHEDULES", "10000")
    return cargo("test", *SIMULATED, "--test", "simulation", "--", "--nocapture", MATE_SIM_SCHEDULES=many)


def faults():
    return cargo("test", *WHOLE, "--examples", "--test", "aws", "--", "faults::every::", *THREADS)


def fights():
    return cargo("test", *WHOLE, "--examples", "--test", "aws", "--", "fights::every::", *THREADS)


def stores():
    counts = cargo("test", *WHOLE, "--test", "stores")
    return counts + cargo("test", *WHOLE, "--test", "aws", "--", "stores::", *THREADS)


def features():
    """Each feature of mate-aws alone."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    packages = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)["packages"]
    names = next(package for package in packages if package["name"] == "mate-aws")["features"]
    alone = sorted(name for name in names if name not in ("all", "default"))
    for name in alone:
        cargo("check", "-p", "mate-aws", "--no-default-features", "--features", name)
    return [("features", len(alone), "features of mate-aws, each alone")]


PARTS = [matrix, simulation, faults, fights, stores, features]


def told(counts):
    """The counts in words: what has an `of`, `by`, `at` or `in` is summed up, with its parts in brackets."""
    sums = {}
    for _, number, what in counts:
        noun, word, of = re.match(r"(.+?)(?: (of|by|at|in) (.+))?$", what).groups()
        if noun == "faults":
            noun, of = what, None
        sums.setdefault(noun, []).append((number, of))
    texts = []
    for noun, entries in sums.items():
        text = f"{sum(number for number, _ in entries):,} {noun}"
        parts = [f"{of} {number:,}" for number, of in sorted(entries, key=lambda entry: entry[1] or "") if of]
        texts.append(f"{text} ({', '.join(parts)})" if len(parts) > 1 else text)
    return ", ".join(texts)


def span(seconds):
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def commit():
    def git(*arguments):
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", ".", ":!docs/guarantees.md")
    return (git("rev-parse", "--short=10", "HEAD") or "no commit") + (", changed" if changed else "")


def write(part, counts, seconds):
    """Replaces the row of this part."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    block, after = rest.split(END)
    rows = dict(re.findall(r"^\| (\w+) (\|.*)$", block, re.MULTILINE))
    rows.pop("part", None)
    today = datetime.date.today().isoformat()
    rows[part] = f"| {told(counts)} | {today} | {commit()} | {span(seconds)} |"
    lines = [BEGIN, "| part | what has run | date | commit | duration |", "|---|---|---|---|---|"]
    lines += [f"| {one.__name__} {rows.get(one.__name__, '| not run yet | | | |')}" for one in PARTS]
    DOCUMENT.write_text(before + "\n".join([*lines, END]) + after, encoding="utf-8")


def main():
    known = {part.__name__: part for part in PARTS}
    wanted = sys.argv[1:] or list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"there is no part {', '.join(unknown)}; there are: {' '.join(known)}")
    for name in wanted:
        began = time.monotonic()
        counts = known[name]()
        if not counts:
            sys.exit(f"FAILED: {name} has told no counts")
        seconds = round(time.monotonic() - began)
        write(name, counts, seconds)
        print(f"<== {name}: {told(counts)}, {span(seconds)}", flush=True)


if __name__ == "__main__":
    main()
