"""The compose file, the image and the tests speak of the same things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from sandbox.testing import containers

from common.config import Settings
from examples.pharmacy.worker_service import APPS
from relay.sources.builtin import BUILT_IN

PROJECT = Path(__file__).parents[3]
COMPOSE = (PROJECT / "docker-compose.yml").read_text()
IMAGES = {"relay": ("Dockerfile", ".dockerignore")}
IMAGES["pharmacy"] = ("examples/pharmacy/Dockerfile", "examples/pharmacy/Dockerfile.dockerignore")
"""What each image is built from, and what decides which files get there."""


def test_the_tests_use_the_images_of_the_compose_file() -> None:
    images = set(re.findall(r"^    image: (\S+)$", COMPOSE, re.MULTILINE))
    assert images == {containers.MSSQL_IMAGE, containers.MONGO_IMAGE, containers.REDIS_IMAGE}


def test_every_variable_of_the_compose_file_is_a_setting() -> None:
    assert set(re.findall(r"\$\{(\w+)", COMPOSE)) <= set(Settings.model_fields)


@pytest.mark.parametrize("source", BUILT_IN, ids=lambda source: source.name)
def test_every_built_in_source_has_a_worker_service(source: object) -> None:
    name = getattr(source, "name", "")
    assert f'"examples.pharmacy.worker_service:{APPS[name]}"' in COMPOSE


def _copied(dockerfile: str) -> set[str]:
    lines = re.findall(r"^COPY (.*) \S+$", (PROJECT / dockerfile).read_text(), re.MULTILINE)
    return {name for line in lines for name in line.split()}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_gets_what_it_copies(image: str) -> None:
    dockerfile, ignore = IMAGES[image]
    let_in = set(re.findall(r"^!(\S+)$", (PROJECT / ignore).read_text(), re.MULTILINE))
    assert _copied(dockerfile) == let_in
    assert all((PROJECT / name).exists() for name in let_in)


def test_relays_image_holds_neither_the_sandbox_nor_the_sample() -> None:
    assert not re.search("sandbox|examples", (PROJECT / "Dockerfile").read_text())
    assert {"relay", "common", "migrations"} < _copied("Dockerfile")


def test_the_samples_image_holds_no_relay() -> None:
    assert not any(name.startswith(("relay", "sandbox")) for name in _copied("examples/pharmacy/Dockerfile"))


def test_the_samples_services_run_from_the_samples_image() -> None:
    services = yaml.safe_load(COMPOSE)["services"]
    images = {name: service["image"] for name, service in services.items() if "build" in service}
    of_relay = {"migrate", "beat", "relay"}
    assert images == {name: "relay" if name in of_relay else "relay-pharmacy" for name in images}
    assert {"sample-tables", "pharmacies", *APPS} <= set(images)


def test_redis_keeps_what_it_is_given() -> None:
    assert '"--appendonly", "yes"' in COMPOSE
    assert '"--maxmemory-policy", "noeviction"' in COMPOSE
