"""What the tutorial takes for granted: a pharmacy's desk at SQL Server, and a look into a queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery import Celery

from common.database.mssql_client import MSSQLClient
from tests.support.pharmacy import Desk, desk
from tests.support.queues import messages_in_redis

Queue = Callable[[], list[str]]


@pytest.fixture
def pharmacy(mssql: MSSQLClient, environment: dict[str, str]) -> Iterator[Desk]:
    """Writes sales invoices, as a program that knows nothing of relay."""
    with desk(environment) as pharmacy:
        yield pharmacy


@pytest.fixture
def sale_queue(celery_app: Celery) -> Queue:
    """Gives the invoices whose messages wait in `sale_queue`, the oldest first."""
    return lambda: [
        message["headers"]["argsrepr"].split("'")[1] for message in messages_in_redis(celery_app, "sale_queue")
    ]
