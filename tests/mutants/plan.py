"""All that is taken out."""

from __future__ import annotations

from tests.mutants.plan_broker import BROKER_PLAN
from tests.mutants.plan_columns import COLUMNS_PLAN
from tests.mutants.plan_drain import DRAIN_PLAN
from tests.mutants.plan_epochs import EPOCHS_PLAN
from tests.mutants.plan_mongo import MONGO_PLAN
from tests.mutants.plan_queue import QUEUE_PLAN
from tests.mutants.plan_relay import RELAY_PLAN
from tests.mutants.plan_sql_server import SQL_SERVER_PLAN
from tests.mutants.plan_window import WINDOW_PLAN

PLAN = (
    *WINDOW_PLAN,
    *DRAIN_PLAN,
    *EPOCHS_PLAN,
    *RELAY_PLAN,
    *SQL_SERVER_PLAN,
    *COLUMNS_PLAN,
    *MONGO_PLAN,
    *QUEUE_PLAN,
    *BROKER_PLAN,
)
