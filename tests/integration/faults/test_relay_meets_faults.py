"""Relay against a SQL Server on a bad day: whatever happens, every document is in the queue, and once."""

from __future__ import annotations

import datetime as dt
import secrets

import pytest
from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import CutFault, ErrorFault, LoginFault, Moment

from common.database.errors import ConfigurationError
from relay.cycle.outcomes import Outcome
from relay.cycle.reasons import Reason
from relay.operations.service import ATTEMPTS, scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk, desk
from tests.support.queues import Queued

CHANGES = "CHANGETABLE(CHANGES"
FENCE = "relay_fence SET"
STEPS = {
    "the look at the version": "CHANGE_TRACKING_CURRENT_VERSION",
    "the read": CHANGES,
    "the fence": FENCE,
}
LEVEL = "SET TRANSACTION ISOLATION LEVEL"
COMMIT = "COMMIT TRANSACTION"
"""As the driver asks for it."""


@pytest.fixture(autouse=True)
def begun(relay: Relay, pharmacy: Desk) -> None:
    """Relay has worked before, and two documents wait."""
    pharmacy.insert("HD-0")
    scan(relay, SALE)
    pharmacy.set_status("HD-0", "SYNCED")
    pharmacy.insert("HD-1")
    pharmacy.insert("HD-2")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("number", [1205, 1222, 3960, 3961])
def test_an_error_that_passes(
    number: int, step: str, relay: Relay, sale_queue: Queued, control: SqlServerControl
) -> None:
    control.arm(ErrorFault(number=number, text=STEPS[step]))
    [report] = scan(relay, SALE)
    assert control.faults() == {}, "it was met"
    assert report.outcome is Outcome.DONE
    assert report.baseline is None
    assert sale_queue() == ["HD-0", "HD-1", "HD-2"]


def test_an_error_that_does_not_pass_is_left_to_the_next_tick(
    relay: Relay, sale_queue: Queued, control: SqlServerControl
) -> None:
    control.arm(ErrorFault(number=1205, text=CHANGES, times=ATTEMPTS))
    with pytest.raises(Exception, match="1205"):
        scan(relay, SALE)
    assert sale_queue() == ["HD-0"]
    [report] = scan(relay, SALE)
    assert report.baseline is None
    assert sale_queue() == ["HD-0", "HD-1", "HD-2"]


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("step", STEPS)
def test_a_connection_that_is_cut(
    step: str, moment: Moment, relay: Relay, sale_queue: Queued, control: SqlServerControl
) -> None:
    control.arm(CutFault(moment=moment, text=STEPS[step]))
    [report] = scan(relay, SALE)
    assert control.faults() == {}, "it was met"
    assert report.baseline is None
    assert sale_queue() == ["HD-0", "HD-1", "HD-2"]


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize(
    ("text", "skip"),
    [(LEVEL, 0), (LEVEL, 1), (LEVEL, 2), (COMMIT, 0), (COMMIT, 1)],
    ids=["to snapshot", "and back", "back to the pool", "commit of the level", "commit of the fence"],
)
def test_a_connection_that_is_cut_between_the_steps(
    text: str, skip: int, moment: Moment, relay: Relay, sale_queue: Queued, control: SqlServerControl
) -> None:
    control.arm(CutFault(moment=moment, text=text, skip=skip))
    scan(relay, SALE)
    assert control.faults() == {}, "it was met"
    assert sale_queue() == ["HD-0", "HD-1", "HD-2"]


def test_a_database_that_is_offline_for_a_while(relay: Relay, sale_queue: Queued, control: SqlServerControl) -> None:
    control.take_offline()
    with pytest.raises(ConfigurationError, match=r"4060.*check MSSQL_DATABASE, that the database is online"):
        scan(relay, SALE)
    control.bring_online()
    [report] = scan(relay, SALE)
    assert report.baseline is None
    assert sale_queue() == ["HD-0", "HD-1", "HD-2"]


def test_a_login_that_is_refused_for_a_while(relay: Relay, sale_queue: Queued, control: SqlServerControl) -> None:
    relay.mssql.engine.dispose()
    control.arm(LoginFault(times=1))
    with pytest.raises(ConfigurationError, match=r"18456.*check MSSQL_USER and MSSQL_PASSWORD"):
        scan(relay, SALE)
    [report] = scan(relay, SALE)
    assert report.baseline is None
    assert sale_queue() == ["HD-0", "HD-1", "HD-2"]


def test_a_relay_that_was_away_for_longer_than_the_retention(
    relay: Relay, pharmacy: Desk, sale_queue: Queued, control: SqlServerControl
) -> None:
    control.put_clock_forward(dt.timedelta(days=365))
    pharmacy.insert("HD-3")
    [report] = scan(relay, SALE)
    assert report.baseline is Reason.RETENTION_PASSED
    assert sorted(sale_queue()) == ["HD-0", "HD-1", "HD-2", "HD-3"]
    pharmacy.insert("HD-4")
    [report] = scan(relay, SALE)
    assert report.baseline is None
    assert sale_queue()[-1] == "HD-4"


def test_a_table_that_is_idle_for_longer_than_the_retention(
    relay: Relay, pharmacy: Desk, sale_queue: Queued, control: SqlServerControl
) -> None:
    """Cleanup goes by the database, and so leaves a watermark behind whose table has not changed at all."""
    scan(relay, SALE)
    control.put_clock_forward(dt.timedelta(days=365))
    pharmacy.insert("HD-3")
    [report] = scan(relay, SALE)
    assert report.baseline is None
    assert sale_queue() == ["HD-0", "HD-1", "HD-2", "HD-3"]


def test_cleanup_under_an_open_snapshot(relay: Relay, pharmacy: Desk, control: SqlServerControl) -> None:
    """Neither by itself nor when it is asked for does it change what relay reads."""
    [state] = relay.mssql.states([SALE]).values()
    pharmacy.insert("HD-3")
    since = (state.current_version or 0) - 2
    with relay.mssql.snapshot(SALE) as snapshot:
        control.put_clock_forward(dt.timedelta(days=365))
        [after_the_clock] = relay.mssql.states([SALE]).values()
        assert after_the_clock.min_valid == snapshot.state.min_valid, "held back by the snapshot"
        assert control.clean_up()
        found = [row.args[0] for rows in snapshot.changes(since) for row in rows]
        [after_cleanup] = relay.mssql.states([SALE]).values()
    assert found == ["HD-1", "HD-2", "HD-3"]
    assert after_cleanup.min_valid == after_cleanup.current_version


def test_a_restored_database(relay: Relay, pharmacy: Desk, sale_queue: Queued, control: SqlServerControl) -> None:
    name = f"copy-{secrets.token_hex(4)}"
    control.back_up(name)
    scan(relay, SALE)
    control.restore(name)

    [report] = scan(relay, SALE)

    assert report.baseline is Reason.FENCE_OLDER
    assert sale_queue()[:3] == ["HD-0", "HD-1", "HD-2"]
    assert sorted(sale_queue()[3:]) == ["HD-1", "HD-2"], "they wait again in the database that was put back"


def test_a_restored_database_whose_versions_have_caught_up(
    relay: Relay, sale_queue: Queued, control: SqlServerControl, environment: dict[str, str]
) -> None:
    """Other changes then bear the versions that relay has dealt with."""
    name = f"copy-{secrets.token_hex(4)}"
    control.back_up(name)
    scan(relay, SALE)
    control.restore(name)
    with desk(environment) as pharmacy:
        for number in range(3, 8):
            pharmacy.insert(f"HD-{number}")

    [report] = scan(relay, SALE)

    assert report.baseline is Reason.FENCE_OLDER
    assert {f"HD-{number}" for number in range(8)} == set(sale_queue())
