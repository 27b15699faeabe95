"""Who else would choose another broker: variables and configuration of Celery's own."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery

from common.config import CeleryEnvironment, SettingsError, load_settings
from relay.broker.settings import check_celery_agrees, read_broker, use_broker
from relay.celery_app import configuration
from tests.unit.relay.broker.given import GIVEN, SECRET, broker_of, problems_of

# Who else would choose another


@pytest.mark.parametrize("name", CeleryEnvironment.model_fields)
def test_a_variable_of_celerys_that_names_another_broker_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"redis://:{SECRET}@elsewhere/0")
    [problem] = problems_of()
    assert problem.startswith(name)
    assert f"unset {name} for relay" in problem


@pytest.mark.parametrize("name", CeleryEnvironment.model_fields)
@pytest.mark.parametrize("url", ["redis://host/0?sep=:", "redis://host/0", ""])
def test_one_that_says_the_same_is_no_problem(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, url)
    assert broker_of("redis://host/0?sep=:").url == "redis://host/0"


def _app(**changes: Any) -> Celery:
    app = Celery("test", set_as_current=False)
    app.conf.update({**configuration(load_settings(_env_file=None, **GIVEN)), **changes})
    return app


def test_a_configuration_as_relay_makes_it_agrees() -> None:
    check_celery_agrees(_app(), read_broker(load_settings(_env_file=None, **GIVEN)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("broker_url", f"redis://:{SECRET}@elsewhere/0"),
        ("broker_read_url", f"redis://:{SECRET}@elsewhere/0"),
        ("broker_write_url", f"redis://:{SECRET}@elsewhere/0"),
        ("broker_transport_options", {"global_keyprefix": SECRET}),
        ("broker_use_ssl", {"ssl_password": SECRET}),
        ("broker_transport", "memory"),
        ("broker_password", SECRET),
    ],
)
def test_a_configuration_that_names_another_broker_is_refused(name: str, value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        check_celery_agrees(_app(**{name: value}), read_broker(load_settings(_env_file=None, **GIVEN)))
    assert name in str(caught.value)
    assert SECRET not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_an_app_that_knows_only_the_url_gets_the_options_from_the_settings() -> None:
    app = Celery("test", set_as_current=False)
    app.conf.broker_url = "redis://redis.example/0?global_keyprefix=shop:"
    use_broker(app, broker_of(app.conf.broker_url))
    assert app.conf.broker_transport_options["global_keyprefix"] == "shop:"
    assert app.connection_for_write().transport_options["health_check_interval"] > 0


@pytest.mark.parametrize("url", ["REDIS://redis.example/0", "Redis://redis.example/0?sep=:", "AMQP://redis.example//"])
def test_an_app_may_spell_the_scheme_as_the_settings_do(url: str) -> None:
    app = Celery("test", set_as_current=False)
    app.conf.broker_url = url
    use_broker(app, broker_of(url))
    assert app.conf.broker_read_url == broker_of(url).url


def test_an_app_may_have_a_list_of_urls() -> None:
    app = Celery("test", set_as_current=False)
    app.conf.broker_url = ["redis://one/0", "redis://two/0"]
    use_broker(app, broker_of("redis://one/0;redis://two/0"))
    assert app.conf.broker_url == "redis://one/0;redis://two/0"


def test_an_app_that_knows_another_url_is_refused() -> None:
    app = Celery("test", set_as_current=False)
    app.conf.broker_url = f"redis://:{SECRET}@elsewhere/0"
    with pytest.raises(SettingsError, match="broker_url"):
        use_broker(app, broker_of())
