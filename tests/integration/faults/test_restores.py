"""The database restored to each of several older copies: named for what it is, and nothing lost."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping

import pytest
from sandbox.control import SqlServerControl

from common.database.errors import ConfigurationError
from relay.cycle.reasons import Reason
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.alembic_process import run_alembic, upgrade
from tests.support.pharmacy import desk
from tests.support.queues import Queued

Copy = Callable[[], str]


@pytest.fixture
def copy(control: SqlServerControl) -> Copy:
    """Backs the database up; gives the copy's name."""

    def back_up() -> str:
        name = f"copy-{secrets.token_hex(4)}"
        control.back_up(name)
        return name

    return back_up


@pytest.fixture
def migrated_again(servers: Mapping[str, str]) -> Iterator[None]:
    """Whatever a test put back, at the end the database is as the migrations leave it."""
    yield
    upgrade(servers)


def _insert(environment: Mapping[str, str], *names: str) -> None:
    with desk(environment) as pharmacy:
        for name in names:
            pharmacy.insert(name)


def _waiting(environment: Mapping[str, str]) -> set[str]:
    with desk(environment) as pharmacy:
        return {name for name, status in pharmacy.statuses().items() if status == "PENDING_SYNC"}


def test_a_copy_from_before_the_migration(
    relay: Relay,
    environment: dict[str, str],
    sale_queue: Queued,
    control: SqlServerControl,
    copy: Copy,
    migrated_again: None,
) -> None:
    """Nothing is tracked in it: relay stops, and says what to do; then a baseline."""
    run_alembic(environment, "downgrade", "base")
    _insert(environment, "HD-1")
    from_before = copy()
    upgrade(environment)
    _insert(environment, "HD-2")
    scan(relay, SALE)
    control.restore(from_before)
    _insert(environment, "HD-3")

    with pytest.raises(ConfigurationError, match="alembic upgrade head"):
        scan(relay, SALE)
    upgrade(environment)
    [report] = scan(relay, SALE)

    assert report.baseline is Reason.FENCE_MISSING
    assert {"HD-1", "HD-3"} <= set(sale_queue())


def test_a_copy_from_before_the_first_run(
    relay: Relay, environment: dict[str, str], sale_queue: Queued, control: SqlServerControl, copy: Copy
) -> None:
    _insert(environment, "HD-1")
    from_before = copy()
    _insert(environment, "HD-2")
    scan(relay, SALE)
    control.restore(from_before)
    _insert(environment, "HD-3")

    [report] = scan(relay, SALE)

    assert report.baseline is Reason.FENCE_MISSING
    assert {"HD-1", "HD-3"} <= set(sale_queue())


@pytest.mark.parametrize("age", [1, 2, 3])
def test_a_copy_from_between_two_cycles(
    age: int, relay: Relay, environment: dict[str, str], sale_queue: Queued, control: SqlServerControl, copy: Copy
) -> None:
    scan(relay, SALE)
    copies = []
    for number in range(3):
        copies.append(copy())
        _insert(environment, f"HD-{number}")
        scan(relay, SALE)
    control.restore(copies[-age])
    _insert(environment, "HD-9")

    [report] = scan(relay, SALE)

    assert report.baseline is Reason.FENCE_OLDER
    assert _waiting(environment) <= set(sale_queue())
    assert scan(relay, SALE)[0].baseline is None, "once"


def test_a_copy_of_now(
    relay: Relay, environment: dict[str, str], sale_queue: Queued, control: SqlServerControl, copy: Copy
) -> None:
    """Nothing was sealed since: what was read stands, and what comes is read from the changes."""
    _insert(environment, "HD-1")
    scan(relay, SALE)
    of_now = copy()
    _insert(environment, "HD-2")
    control.restore(of_now)
    _insert(environment, "HD-3")

    [report] = scan(relay, SALE)

    assert report.baseline is None
    assert sale_queue() == ["HD-1", "HD-3"]


def test_one_copy_after_the_other(
    relay: Relay, environment: dict[str, str], sale_queue: Queued, control: SqlServerControl, copy: Copy
) -> None:
    """First an older one, then back to the newer: the epoch that began in between is not the newer copy's."""
    scan(relay, SALE)
    older = copy()
    _insert(environment, "HD-1")
    scan(relay, SALE)
    newer = copy()
    for name in (older, newer):
        control.restore(name)
        [report] = scan(relay, SALE)
        assert report.baseline is Reason.FENCE_OLDER
    assert _waiting(environment) <= set(sale_queue())


def test_a_restore_between_the_read_and_the_fence(
    relay: Relay,
    environment: dict[str, str],
    sale_queue: Queued,
    control: SqlServerControl,
    copy: Copy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The copy's fence is the very one that was read: only the connection, cut by the restore, tells them apart."""
    _insert(environment, "HD-1")
    scan(relay, SALE)
    of_now = copy()
    _insert(environment, "HD-2")
    count = relay.ports.journal.count

    def restore_and_count(window_id: str, progress: Callable[[int], None]) -> int:
        monkeypatch.undo()
        control.restore(of_now)
        # It bears the version that HD-2 had: a watermark from before the restore would hide it.
        _insert(environment, "HD-3")
        return count(window_id, progress)

    monkeypatch.setattr(relay.ports.journal, "count", restore_and_count)
    scan(relay, SALE)

    scan(relay, SALE)
    assert "HD-3" in sale_queue()
