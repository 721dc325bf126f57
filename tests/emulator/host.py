"""Keeps moto, boto3 and AWS's own client imported for a test process: each emulator and each command is a fork of it.

    python host.py      prints `ready EMPTY BASE CLIENT`, three ports; ends when its standard input closes

Whoever asks connects to a port and writes one line of JSON. On EMPTY and BASE

    {"serve": {}}                                                an emulator, until the connection closes
    {"script": "standing.py", "arguments": [...]}                one of the scripts beside this

and on CLIENT

    {"aws": ["ecs", "list-clusters"], "environment": {...}}      AWS's own client

An emulator answers {"endpoint": ..., "base": ...}, a command {"code": ..., "out": ..., "err": ...}. The emulators of EMPTY
are empty accounts; on those of BASE stands the base of seed_base.py, which is made once and copied with the process.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import threading

import warm

HERE = os.path.dirname(os.path.abspath(__file__))


def shared_loader():
    """One loader for all sessions of this process, so that a fork finds the models of the services parsed."""
    import botocore.loaders
    import botocore.session

    loader = botocore.loaders.create_loader(os.environ.get("AWS_DATA_PATH"))
    for module in (botocore.loaders, botocore.session):
        module.create_loader = lambda search_path_string=None: loader
    return loader


def listen():
    return socket.create_server(("127.0.0.1", 0), backlog=128)


def request_of(connection):
    line = b""
    while not line.endswith(b"\n"):
        part = connection.recv(65536)
        if not part:
            return None
        line += part
    return json.loads(line)


def answer(connection, value):
    connection.sendall(json.dumps(value).encode() + b"\n")


def serve(connection, base):
    """An emulator that ends with the connection."""
    import launcher
    from moto.moto_api._internal import mock_random

    # Two emulators draw different ids.
    mock_random.seed(os.urandom(16))
    server = launcher.server(0)

    def wait():
        while connection.recv(4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
    answer(connection, {"endpoint": f"http://127.0.0.1:{server.server_port}", "base": base})
    server.serve_forever()


def run(connection, program):
    """What a program prints and how it ends, in this process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)
        try:
            code = program() or 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
        except BaseException:  # noqa: B036  (as the interpreter tells of it)
            import traceback

            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    answer(connection, {"code": code, "out": texts[0], "err": texts[1]})


def aws(request):
    import awscli.clidriver

    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(request.get("environment", {}))
    sys.argv = ["aws", *request["aws"]]
    return awscli.clidriver.main()


def script(request):
    return importlib.import_module(request["script"].removesuffix(".py")).main(*request["arguments"])


def child(connection, request, base):
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if "serve" in request:
        serve(connection, base)
    elif "aws" in request:
        run(connection, lambda: aws(request))
    else:
        run(connection, lambda: script(request))


def answer_all(server, loader, base=None):
    """Forks for each connection, until standard input closes."""
    while True:
        ready, _, _ = select.select([server, 0], [], [])
        if 0 in ready and not os.read(0, 4096):
            return
        if server not in ready:
            continue
        connection, _ = server.accept()
        request = request_of(connection)
        if request is None:
            connection.close()
            continue
        # What a fork parses is lost with it.
        warm.models(loader, request.get("aws", [])[:1])
        if os.fork() == 0:
            server.close()
            try:
                child(connection, request, base)
            finally:
                os._exit(1 if sys.exc_info()[0] else 0)
        connection.close()


def make_base():
    """Makes the base in this process, by a server that has ended when this returns."""
    import launcher
    import seed_base

    server = launcher.server(0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        return seed_base.toml(seed_base.make_base(seed_base.session(f"http://127.0.0.1:{server.server_port}")))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def emulators(empty, full):
    """Both kinds of emulators, each in a process of its own."""
    import launcher

    launcher.prepare()
    loader = shared_loader()
    warm.moto(launcher.application())
    if os.fork() == 0:
        empty.close()
        base = make_base()
        gc.freeze()
        answer_all(full, loader, base)
    else:
        full.close()
        import standing  # noqa: F401  (for the forks)

        warm.models(loader, warm.SERVICES)
        gc.freeze()
        answer_all(empty, loader)


def client(server):
    import awscli.clidriver  # noqa: F401  (for the forks)
    import awscli.handlers  # noqa: F401

    loader = shared_loader()
    gc.freeze()
    answer_all(server, loader)


def main():
    sys.path.insert(0, HERE)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    servers = [listen() for _ in range(3)]
    # Connections wait from here on.
    print("ready", *(server.getsockname()[1] for server in servers), flush=True)
    os.dup2(2, 1)
    empty, full, cli = servers
    # AWS's client has a botocore of its own, which hides the other one: it is alone in its process.
    if os.fork() == 0:
        empty.close()
        full.close()
        client(cli)
    else:
        cli.close()
        emulators(empty, full)
    os._exit(0)


if __name__ == "__main__":
    main()
