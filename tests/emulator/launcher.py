"""Serves moto, the emulator of AWS that the tests run against, on loopback.

    python launcher.py [--port N] [--bare]     prints `ready PORT` once it serves; ends when its standard input closes
    python launcher.py --gaps                  prints the list of what is patched, as a table

moto leaves some calls out and checks less than AWS does. What keeps an honest client of AWS from finishing is patched
in `gaps/`, one entry a call, each with what AWS does, what moto does, and AWS's own page. `--bare` serves moto as it is.
"""

import argparse
import functools
import os
import sys
import threading

SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ACM_VALIDATION_WAIT": "2",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_CALL_RESET_API": "false",
}


class OneAtATime:
    """One request at a time: moto's backends are plain dictionaries, and a list read during a write answers 500.

    Between requests, whatever takes time in the cloud (`gaps.later`) moves on.
    """

    def __init__(self, app, between, own):
        self.app = app
        self.between = between
        self.own = own
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        with self.lock:
            self.between(environ.get("PATH_INFO", ""))
            own = self.own.get(environ.get("PATH_INFO"))
            answer = own(start_response) if own else self.app(environ, start_response)
            try:
                return list(answer)
            finally:
                getattr(answer, "close", lambda: None)()


def end_with_standard_input():
    """A test harness that dies closes this pipe, and leaves no server behind."""

    def wait():
        while sys.stdin.buffer.read(4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def prepare(patched=True):
    """Imports moto with its settings, and patches it. Once a process."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import gaps

    if patched:
        gaps.patch()


@functools.cache
def application():
    """moto's application: one, as its backends are one, in a process."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return DomainDispatcherApplication(create_backend_app)


def server(port):
    """A server on this port of loopback, 0 for a free one."""
    import gaps
    import gaps.credentials
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class QuietHandler(MotoRequestHandler):
        """Answers on connections that stay open, as AWS does, and writes no line for each request."""

        protocol_version = "HTTP/1.1"

        def log_request(self, *_):
            pass

    own = {gaps.credentials.PATH: gaps.credentials.answer}
    app = OneAtATime(application(), gaps.move_on, own)
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--bare", action="store_true", help="moto as it is, without the patches of gaps/")
    parser.add_argument("--gaps", action="store_true", help="print the list of patches and end")
    arguments = parser.parse_args()
    if arguments.bare:
        os.environ.setdefault("MOTO_ECS_SERVICE_RUNNING", "2")
    prepare(patched=not arguments.bare)
    if arguments.gaps:
        import gaps

        print(gaps.table())
        return
    serving = server(arguments.port)
    end_with_standard_input()
    print(f"ready {serving.server_port}", flush=True)
    serving.serve_forever()


if __name__ == "__main__":
    main()
