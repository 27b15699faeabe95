"""`python -m sandbox.mongo`: the server as a process of its own."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from sandbox.mongo.mongo_server import MongoServer
from sandbox.server_process import password_in, server_parser, stopped_by_signal

_GC_THRESHOLDS = (50_000, 20, 20)
"""Documents and index entries are many and make no cycles: looking for some costs a fifth of an insert."""


def main() -> int:
    """Serve until SIGTERM or SIGINT. Prints `ready HOST PORT` once connections are accepted."""
    arguments = _parser().parse_args()
    gc.set_threshold(*_GC_THRESHOLDS)
    stopped = stopped_by_signal()
    server = MongoServer(
        data=arguments.data,
        host=arguments.host,
        port=arguments.port,
        user=arguments.user,
        password=_password(arguments),
        replica_set=arguments.replica_set,
    )
    server.start()
    print(f"ready {server.host} {server.port}", flush=True)
    stopped.wait()
    server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = server_parser("sandbox.mongo", __doc__)
    parser.add_argument("--data", type=Path, help="directory that keeps the documents (default: memory only)")
    parser.add_argument("--user", help="the only user; without it nobody has to log in")
    parser.add_argument("--password-env", metavar="NAME", help="environment variable that holds the user's password")
    parser.add_argument(
        "--replica-set", metavar="NAME", help="be the primary of a replica set of this name (default: a standalone)"
    )
    return parser


def _password(arguments: argparse.Namespace) -> str | None:
    if (arguments.user is None) != (arguments.password_env is None):
        raise SystemExit("--user and --password-env belong together: give both or neither")
    return None if arguments.password_env is None else password_in(arguments.password_env)


if __name__ == "__main__":
    sys.exit(main())
