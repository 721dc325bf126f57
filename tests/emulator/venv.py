"""Makes the emulator's Python environment once, and says how to run it.

    python3 venv.py DIRECTORY     prints two lines: the interpreter, and what PYTHONPATH must be (empty for none)

The environment lies in a folder of DIRECTORY named by the hash of requirements.txt and of the Python version: changed
pins make a new one. A lock keeps parallel test binaries from making it twice. Uses the standard library alone.
"""

import fcntl
import hashlib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).resolve().parent / "requirements.txt"
OLDEST = (3, 10)
HELP = """the emulator needs Python's venv (or pip) to install moto, and this python3 has neither.
Install one: `apt-get install python3-venv` (Debian, Ubuntu), `dnf install python3-pip` (Fedora), `apk add py3-pip` (Alpine)."""


def has(module):
    return importlib.util.find_spec(module) is not None


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"the emulator's environment: {' '.join(map(str, command))} failed:\n{done.stdout}")


def install(python, *options):
    flags = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--no-compile")
    run(python, "-m", "pip", "install", *flags, *options, "--requirement", REQUIREMENTS)


def make(place):
    """A virtual environment; where Debian left ensurepip out, virtualenv or a plain folder of packages instead."""
    if has("venv") and has("ensurepip"):
        run(sys.executable, "-m", "venv", place)
        install(place / "bin" / "python")
    elif has("virtualenv"):
        run(sys.executable, "-m", "virtualenv", "--quiet", place)
        install(place / "bin" / "python")
    elif has("pip"):
        install(sys.executable, "--target", place / "packages")
    else:
        sys.exit(HELP)
    # Tests start these programs hundreds of times, also where Python may keep nothing of what it compiles
    # (PYTHONDONTWRITEBYTECODE): without this each start of AWS's client took twice as long. What does not compile is not used.
    subprocess.run([sys.executable, "-m", "compileall", "-qq", "-j", "0", place], stdout=subprocess.DEVNULL, check=False)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.version_info < OLDEST:
        sys.exit(f"the emulator needs Python {'.'.join(map(str, OLDEST))} or newer, and this is {sys.version.split()[0]}")
    root = pathlib.Path(sys.argv[1]).resolve()
    root.mkdir(parents=True, exist_ok=True)
    version = "{}.{}".format(*sys.version_info)
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + version.encode() + sys.executable.encode()).hexdigest()[:16]
    place = root / key
    with open(root / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            print("making the emulator's Python environment (once, about a minute)", file=sys.stderr, flush=True)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            (place / "complete").touch()
    packages = place / "packages"
    print(sys.executable if packages.is_dir() else place / "bin" / "python")
    print(os.fspath(packages) if packages.is_dir() else "")


if __name__ == "__main__":
    main()
