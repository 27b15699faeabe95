"""What every source of changes promises of looks, one soon after the other."""

from __future__ import annotations

from dataclasses import replace

from common.database.ports import ChangeSource
from common.database.records import Key
from relay.sources.builtin import SALE
from tests.contract.table import FIRST, SECOND, Table


class LookoutContract:
    """A part of ChangeSourceContract."""

    def test_a_look_says_whether_the_table_has_changed_above_a_version(
        self, changes: ChangeSource, table: Table
    ) -> None:
        _insert(table, FIRST)
        with changes.lookout() as lookout:
            now = _version(changes)
            assert lookout.states([SALE], {"sale": now})["sale"].has_changes is False
            assert lookout.states([SALE], {"sale": now - 1})["sale"].has_changes is True
            _insert(table, SECOND)
            assert lookout.states([SALE], {"sale": now})["sale"].has_changes is True

    def test_a_look_says_the_rest_as_states_does(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        with changes.lookout() as lookout:
            assert lookout.states([SALE], {}) == changes.states([SALE])
            seen = lookout.states([SALE], {"sale": 0})["sale"]
        assert replace(seen, has_changes=None) == changes.states([SALE])["sale"]

    def test_a_deleted_row_is_a_change(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        now = _version(changes)
        with table.transaction() as write:
            write.delete(FIRST)
        with changes.lookout() as lookout:
            assert lookout.states([SALE], {"sale": now})["sale"].has_changes is True


def _insert(table: Table, key: Key) -> None:
    with table.transaction() as write:
        write.insert(key)


def _version(changes: ChangeSource) -> int:
    version = changes.states([SALE])["sale"].current_version
    assert version is not None
    return version
