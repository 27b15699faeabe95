"""The compose file, the image and the tests speak of the same things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from common.config import Settings
from examples.pharmacy.worker_service import APPS
from relay.sources.builtin import BUILT_IN
from tests.support import containers

PROJECT = Path(__file__).parents[3]
COMPOSE = (PROJECT / "docker-compose.yml").read_text()
DOCKERFILE = (PROJECT / "Dockerfile").read_text()


def test_the_tests_use_the_images_of_the_compose_file() -> None:
    images = set(re.findall(r"^    image: (\S+)$", COMPOSE, re.MULTILINE))
    assert images == {containers.MSSQL_IMAGE, containers.MONGO_IMAGE, containers.REDIS_IMAGE}


def test_every_variable_of_the_compose_file_is_a_setting() -> None:
    assert set(re.findall(r"\$\{(\w+)", COMPOSE)) <= set(Settings.model_fields)


@pytest.mark.parametrize("source", BUILT_IN, ids=lambda source: source.name)
def test_every_built_in_source_has_a_worker_service(source: object) -> None:
    name = getattr(source, "name", "")
    assert f'"examples.pharmacy.worker_service:{APPS[name]}"' in COMPOSE


def test_the_image_gets_what_it_copies() -> None:
    copied = {name for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    let_in = set(re.findall(r"^!(\S+)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE))
    assert copied == let_in
    assert all((PROJECT / name).exists() for name in copied)


def test_redis_keeps_what_it_is_given() -> None:
    assert '"--appendonly", "yes"' in COMPOSE
    assert '"--maxmemory-policy", "noeviction"' in COMPOSE
