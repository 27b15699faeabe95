"""`python -m sandbox.sqlserver`: the server as a process of its own."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sandbox.server_process import password_in, server_parser, stopped_by_signal
from sandbox.sqlserver.certificate import Certificate, ensure_certificate
from sandbox.sqlserver.connections.encryption import Encryption
from sandbox.sqlserver.connections.tds_server import TdsServer
from sandbox.sqlserver.control.commands import Commands
from sandbox.sqlserver.control.control_server import HOST, ControlServer
from sandbox.sqlserver.engine import SqlEngine, open_engine
from sandbox.sqlserver.faults.board import Board
from sandbox.sqlserver.faults.faulty_engine import FaultyEngine

DEFAULT_PASSWORD_VARIABLE = "MSSQL_SA_PASSWORD"  # noqa: S105 - the name of a variable


def main() -> int:
    """Serve until SIGTERM or SIGINT.

    Prints `ready HOST PORT` once connections are accepted, with `control PORT` behind it where commands are taken.
    """
    arguments = _parser().parse_args()
    stopped = stopped_by_signal()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    password = password_in(arguments.password_env)
    arguments.data.mkdir(parents=True, exist_ok=True)
    encryption = Encryption(arguments.encrypt)
    certificate = _certificate(arguments.data, encryption)
    engine = open_engine(arguments.data, user=arguments.user, password=password, database=arguments.database)
    board = Board()
    with closing(engine), _cleaning_up(engine):
        server = TdsServer(
            FaultyEngine(engine, board),
            host=arguments.host,
            port=arguments.port,
            certificate=certificate,
            encryption=encryption,
        )
        with _listening(server), _taking_commands(Commands(engine, board), arguments.control_port) as control:
            where = "" if control is None else f" control {control.port}"
            print(f"ready {server.host} {server.port}{where}", flush=True)
            stopped.wait()
    return 0


@contextmanager
def _cleaning_up(engine: SqlEngine) -> Iterator[None]:
    engine.retention.start()
    try:
        yield
    finally:
        engine.retention.stop()


@contextmanager
def _listening(server: TdsServer) -> Iterator[None]:
    with _told_when_taken(server.host, server.wanted_port, "--port"):
        server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def _taking_commands(commands: Commands, port: int | None) -> Iterator[ControlServer | None]:
    if port is None:
        yield None
        return
    with _told_when_taken(HOST, port, "--control-port"):
        control = ControlServer(commands, port=port)
    control.start()
    try:
        yield control
    finally:
        control.stop()


@contextmanager
def _told_when_taken(host: str, port: int, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        text = f"{host} port {port} cannot be used ({error.strerror}): choose another with {option}"
        raise SystemExit(text) from None


def _parser() -> argparse.ArgumentParser:
    parser = server_parser("sandbox.sqlserver", __doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory that keeps the databases")
    parser.add_argument(
        "--control-port",
        type=int,
        help="take commands here: faults, the clock, cleanup, offline, backup (0 takes a free one; default: nowhere)",
    )
    parser.add_argument("--user", default="sa", help="the administrator's login; CREATE LOGIN makes others")
    parser.add_argument(
        "--password-env",
        default=DEFAULT_PASSWORD_VARIABLE,
        metavar="NAME",
        help="environment variable that holds the login's password",
    )
    parser.add_argument("--database", default="sandbox", help="the database beside master")
    parser.add_argument(
        "--encrypt",
        choices=[policy.value for policy in Encryption],
        default=Encryption.OPTIONAL.value,
        help="what is demanded of clients; the certificate is made in the data directory",
    )
    return parser


def _certificate(data: Path, encryption: Encryption) -> Certificate | None:
    return None if encryption is Encryption.NO else ensure_certificate(data)


if __name__ == "__main__":
    sys.exit(main())
