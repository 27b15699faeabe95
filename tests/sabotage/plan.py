"""All that is taken out."""

from __future__ import annotations

from tests.sabotage.plan_broker import BROKER_PLAN
from tests.sabotage.plan_columns import COLUMNS_PLAN
from tests.sabotage.plan_drain import DRAIN_PLAN
from tests.sabotage.plan_lives import LIVES_PLAN
from tests.sabotage.plan_mongo import MONGO_PLAN
from tests.sabotage.plan_queue import QUEUE_PLAN
from tests.sabotage.plan_relay import RELAY_PLAN
from tests.sabotage.plan_sql_server import SQL_SERVER_PLAN
from tests.sabotage.plan_window import WINDOW_PLAN

PLAN = (
    *WINDOW_PLAN,
    *DRAIN_PLAN,
    *LIVES_PLAN,
    *RELAY_PLAN,
    *SQL_SERVER_PLAN,
    *COLUMNS_PLAN,
    *MONGO_PLAN,
    *QUEUE_PLAN,
    *BROKER_PLAN,
)
