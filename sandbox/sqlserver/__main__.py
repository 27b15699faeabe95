"""`python -m sandbox.sqlserver`: the server as a process of its own."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.sqlserver.certificate import Certificate, ensure_certificate
from sandbox.sqlserver.encryption import Encryption
from sandbox.sqlserver.engine import open_engine
from sandbox.sqlserver.server import SqlServer

DEFAULT_PASSWORD_VARIABLE = "MSSQL_SA_PASSWORD"  # noqa: S105 - the name of a variable


def main() -> int:
    """Serve until SIGTERM or SIGINT. Prints `ready HOST PORT` once connections are accepted."""
    arguments = _parser().parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    password = _password(arguments.password_env)
    arguments.data.mkdir(parents=True, exist_ok=True)
    encryption = Encryption(arguments.encrypt)
    certificate = _certificate(arguments.data, encryption)
    engine = open_engine(arguments.data, user=arguments.user, password=password, database=arguments.database)
    try:
        server = SqlServer(
            engine, host=arguments.host, port=arguments.port, certificate=certificate, encryption=encryption
        )
        _serve(server, stopped)
    finally:
        engine.close()
    return 0


def _serve(server: SqlServer, stopped: threading.Event) -> None:
    try:
        server.start()
    except OSError as error:
        raise SystemExit(
            f"{server.host} port {server.wanted_port} cannot be used ({error.strerror}): choose another with --port"
        ) from None
    try:
        print(f"ready {server.host} {server.port}", flush=True)
        stopped.wait()
    finally:
        server.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.sqlserver", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory that keeps the databases")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--user", default="sa", help="the only login")
    parser.add_argument(
        "--password-env",
        default=DEFAULT_PASSWORD_VARIABLE,
        metavar="NAME",
        help="environment variable that holds the login's password",
    )
    parser.add_argument("--database", default="relay", help="the database beside master")
    parser.add_argument(
        "--encrypt",
        choices=[policy.value for policy in Encryption],
        default=Encryption.OPTIONAL.value,
        help="what is demanded of clients; the certificate is made in the data directory",
    )
    return parser


def _password(variable: str) -> str:
    password = os.environ.get(variable)
    if not password:
        raise SystemExit(f"The environment variable {variable} is empty: put the login's password there")
    return password


def _certificate(data: Path, encryption: Encryption) -> Certificate | None:
    return None if encryption is Encryption.NO else ensure_certificate(data)


if __name__ == "__main__":
    sys.exit(main())
