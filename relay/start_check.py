"""The look that a worker takes at its sources when it starts: their mistakes are told before the first tick."""

from __future__ import annotations

from typing import Any

from celery import Celery, signals
from sqlalchemy.exc import DBAPIError

from common.config import get_settings
from common.database.mssql_client import MSSQLClient
from common.logs import get_logger
from relay.checks import check_sources
from relay.faults import describe_error
from relay.registry import all_sources


def check_when_a_worker_starts(app: Celery) -> None:
    """From now on each of this app's workers logs, before it forks, a line for every mistake and warning.

    It starts all the same: the other sources are to be relayed, and a mistake can be mended while it runs.
    """

    @signals.worker_init.connect(weak=False)
    def check(sender: Any, **_: Any) -> None:
        if sender.app is app:
            _log_mistakes()


def _log_mistakes() -> None:
    log = get_logger("relay")
    mssql = MSSQLClient(get_settings())
    try:
        findings = check_sources(mssql, all_sources())
        for line in findings.mistakes:
            log.error("configuration", task="start", remedy=line)
        for line in findings.warnings:
            log.warning("configuration", task="start", remedy=line)
    except DBAPIError as error:
        log.warning("not_checked", task="start", error=describe_error(error))
    finally:
        # The worker's processes are forked from this one, and must not inherit a connection.
        mssql.close()
