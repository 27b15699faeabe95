"""Relay's log in a process of its own: neither relay nor a library shows a row or a password, at any level."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.canaries import ARGUMENT, MARK
from tests.support.relay_process import environment_of

SCRIPT = """
import logging, sys
import structlog
from common.config import load_settings
from common.database.mongo_client import MongoStore
from common.database.mssql_client import make_engine
from common.logging import get_logger, set_up_logging
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from pymongo.errors import OperationFailure

settings = load_settings()
set_up_logging(settings)
ARGUMENT = sys.argv[1]
engine, store = make_engine(settings), MongoStore(settings)
library = logging.getLogger("celery.app.trace")
with engine.connect() as connection:
    connection.execute(sa.text("SELECT :value"), {"value": ARGUMENT})
    connection.rollback()
    try:
        connection.execute(sa.text("SELECT CAST(:value AS int)"), {"value": ARGUMENT})
    except DBAPIError as error:
        library.error("Task %(name)s raised unexpected: %(exc)s", {"name": "x", "exc": repr(error)}, exc_info=True)
        library.error("Cannot connect to %s: %s", "redis://", error)
        get_logger("relay").error("defect", exc_info=True)
        print(error, repr(error), repr(error.orig))
engine.dispose()
store.causality
with store.causality.session():
    store.database.probe.insert_one({"_id": ARGUMENT})
try:
    with store.causality.session():
        store.database.probe.insert_many([{"_id": ARGUMENT}])
except OperationFailure as error:
    library.error("Task raised %r", error, exc_info=True)
    print(error, repr(error), error.details)
store.database.drop_collection("probe")
store.close()
try:
    int(ARGUMENT)
except ValueError as error:
    library.error("it said %s", error)
    library.error("Task %(name)s raised %(exc)s", {"name": "x", "exc": repr(error)}, exc_info=True)
    get_logger("relay").error("defect", exc_info=True)
    library.exception("a defect")
print(settings, engine, engine.url, engine.pool, store.client, store.database, store.task_logs if False else "")
"""


@pytest.mark.parametrize("form", ["console", "json"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_nothing_is_shown(environment: Mapping[str, str], tmp_path: Path, level: str, form: str) -> None:
    given = {**environment, "RELAY_LOG_LEVEL": level, "RELAY_LOG_FORMAT": form}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, ARGUMENT],
        env=environment_of(given),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert MARK not in said, "however the rest of the argument is escaped"
    assert environment["MSSQL_PASSWORD"] not in said
    assert "(245)" in done.stderr, "what SQL Server said, by its number"
    assert "1 writes refused with code 11000" in done.stderr
    assert done.stderr.count("invalid literal for int() with base 10: '...'") == 5
    if form == "json":
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert sum("Traceback" in line.get("exception", "") for line in lines) == 6
