"""The commands of `python -m sandbox fault mongo`: members of MongoDB's replica set that answer from the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from pymongo.errors import PyMongoError

from sandbox import env_file
from sandbox.exits import exit_codes
from sandbox.mongo_control import MongoControl, explained
from sandbox.option_groups import Application, EnvFile

fault = typer.Typer(no_args_is_help=True, help="Have members of MongoDB's replica set (stand-in) answer from the past.")


@fault.command("lag")
def lag_command(env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Answer reads that may go to a secondary from what there is now, until `recover`.

    Example: python -m sandbox fault mongo lag
    """
    with _control(env_path) as control:
        control.lag()


@fault.command("depose")
def depose_command(application: Application = None, env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Be a primary that has a successor: answer reads from what there is now, refuse writes, until `recover`.

    Example: python -m sandbox fault mongo depose --application shop
    """
    with _control(env_path) as control:
        control.depose(application)


@fault.command("recover")
def recover_command(env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Have all members whole again, and up to date.

    Example: python -m sandbox fault mongo recover
    """
    with _control(env_path) as control:
        control.recover()


@contextmanager
def _control(env_path: Path) -> Iterator[MongoControl]:
    with exit_codes("sandbox"):
        try:
            yield MongoControl.of(env_path)
        except PyMongoError as error:
            raise explained(error) from None
