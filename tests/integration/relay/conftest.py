"""A Redis for the tests that kill it, or put something in its way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox.testing.redis_process import RedisProcess, running_redis

from common.config import Settings, load_settings


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "redis-of-its-own") as server:
        yield server


@pytest.fixture
def settings_with_own_redis(environment: dict[str, str], redis_server: RedisProcess) -> Settings:
    """For a test that has its `settings` from here: `celery_app` and the others then use that Redis."""
    host, port = redis_server.address
    return load_settings(_env_file=None, **{**environment, "REDIS_HOST": host, "REDIS_PORT": str(port)})
