"""Names that no source may bear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from common.config import SettingsError
from relay.sources.builtin import BUILT_IN, IMPORT, SALE
from relay.sources.reserved import check_lists, queue_problem, task_problem


@pytest.mark.parametrize(
    "name",
    [
        "relay",
        "relay:relay:pharmacy.sale:offset",
        "relay:3",
        "relay\x06\x163",
        "celeryev",
        "celeryev.0f1e",
        "celery.pidbox",
        "reply.celery.pidbox",
        "celery@host.celery.pidbox",
        "0f1e.reply.celery.pidbox",
        "relay.pidbox",
        "celery@host.relay.pidbox",
        "celery_delayed_27",
        "_kombu.binding.sale_queue",
        "unacked",
        "unacked_index",
        "unacked_mutex",
        "amq.rabbitmq.reply-to",
    ],
)
def test_a_queue_that_is_somebody_elses(name: str) -> None:
    problem = queue_problem(name)
    assert problem is not None
    assert problem.startswith(f"queue: {name!r} is the name of ")
    assert problem.endswith("; choose another")


@pytest.mark.parametrize("name", ["sale_queue", "relay_queue", "relays", "Relay", "celery", "pidbox", "my.relay"])
def test_a_queue_that_is_not(name: str) -> None:
    assert queue_problem(name) is None


@pytest.mark.parametrize("name", ["q" * 256, "Đ" * 128])
def test_a_queue_that_no_broker_of_amqp_can_have(name: str) -> None:
    assert "has 256 bytes in UTF-8; write 255 at most" in str(queue_problem(name))
    assert queue_problem(name[1:]) is None


@pytest.mark.parametrize("name", ["relay.scan_source", "relay.", "relay.process_relay", "celery.backend_cleanup"])
def test_a_task_that_is_somebody_elses(name: str) -> None:
    problem = task_problem(name)
    assert problem is not None
    assert problem.startswith(f"task: {name!r}: names that begin with ")


@pytest.mark.parametrize("name", ["sale.process_sale", "relay_scan", "relays.scan", "my.relay.scan"])
def test_a_task_that_is_not(name: str) -> None:
    assert task_problem(name) is None


@pytest.mark.parametrize(
    ("queue", "options"),
    [
        ("relay-3", {"sep": "-"}),
        ("relay_5", {"sep": "_", "priority_steps": [0, 5]}),
        ("in_hand", {"unacked_key": "in_hand"}),
        ("unacked", {"unacked_key": "relay:unacked"}),
    ],
    ids=["another sep", "other steps", "another name for what is in hand", "the usual name all the same"],
)
def test_with_these_options_a_source_shares_a_list_with_relay(queue: str, options: dict[str, Any]) -> None:
    with pytest.raises(
        SettingsError, match=f"^source sale: queue: '{queue}' is, or has, a list in Redis of relay's own"
    ):
        check_lists([replace(SALE, queue=queue)], options)


@pytest.mark.parametrize(
    ("queue", "options"), [("import_queue\x06\x169", {}), ("import_queue:5", {"sep": ":", "priority_steps": [0, 5]})]
)
def test_a_source_whose_queue_is_another_ones_priority(queue: str, options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"^source sale: queue: .* a list in Redis of a priority of 'import_queue'"):
        check_lists([replace(SALE, queue=queue), IMPORT], options)


def test_two_sources_may_have_one_queue() -> None:
    check_lists([replace(SALE, queue=IMPORT.queue), IMPORT], {})


def test_the_built_in_ones_share_none() -> None:
    for options in ({}, {"sep": ":"}, {"priority_steps": [0, 1, 2]}):
        check_lists(BUILT_IN, options)
