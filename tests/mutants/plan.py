"""All that is taken out."""

from __future__ import annotations

from tests.mutants.plan_baseline import BASELINE_PLAN
from tests.mutants.plan_batches import BATCHES_PLAN
from tests.mutants.plan_broker import BROKER_PLAN
from tests.mutants.plan_columns import COLUMNS_PLAN
from tests.mutants.plan_drain import DRAIN_PLAN
from tests.mutants.plan_epochs import EPOCHS_PLAN
from tests.mutants.plan_lingering import LINGERING_PLAN
from tests.mutants.plan_mongo import MONGO_PLAN
from tests.mutants.plan_processes import PROCESSES_PLAN
from tests.mutants.plan_progress import PROGRESS_PLAN
from tests.mutants.plan_queue import QUEUE_PLAN
from tests.mutants.plan_refusals import REFUSALS_PLAN
from tests.mutants.plan_relay import RELAY_PLAN
from tests.mutants.plan_secrets import SECRETS_PLAN
from tests.mutants.plan_sql_server import SQL_SERVER_PLAN
from tests.mutants.plan_started_wrong import STARTED_WRONG_PLAN
from tests.mutants.plan_tables import TABLES_PLAN
from tests.mutants.plan_typed import TYPED_PLAN
from tests.mutants.plan_window import WINDOW_PLAN

PLANS = {
    "window": WINDOW_PLAN,
    "baselines": BASELINE_PLAN,
    "drain": DRAIN_PLAN,
    "what takes long": PROGRESS_PLAN,
    "epochs": EPOCHS_PLAN,
    "relay": RELAY_PLAN,
    "processes": PROCESSES_PLAN,
    "lingering": LINGERING_PLAN,
    "SQL Server": SQL_SERVER_PLAN,
    "tables": TABLES_PLAN,
    "columns": COLUMNS_PLAN,
    "MongoDB": MONGO_PLAN,
    "queue": QUEUE_PLAN,
    "broker": BROKER_PLAN,
    "what is said": SECRETS_PLAN,
    "what people type": TYPED_PLAN,
    "batches": BATCHES_PLAN,
    "refusals and outages": REFUSALS_PLAN,
    "started in wrong ways": STARTED_WRONG_PLAN,
}
"""By what they are about."""
PLAN = tuple(each for plan in PLANS.values() for each in plan)
