"""What every mutant's process needs and no mutant changes: imported once, by the process that the others are forked of.

Nothing of the project stands here: that is imported anew in each.
"""

import gc
from importlib import import_module

NEEDED = (
    "celery.app.amqp",
    "celery.app.log",
    "celery.beat",
    "celery.bin.celery",
    "celery.worker.control",
    "kombu.transport.pyamqp",
    "kombu.transport.redis",
    "psutil",
    "pydantic_settings",
    "pymongo",
    "pyodbc",
    "pytest",
    "redis.asyncio",
    "rich",
    "sqlalchemy.dialects.mssql.pyodbc",
    "structlog",
    "tenacity",
    "tomlkit",
    "typer.testing",
)

for name in NEEDED:
    import_module(name)
# The collector leaves alone what is there now, so that the pages stay shared.
gc.collect()
gc.freeze()
