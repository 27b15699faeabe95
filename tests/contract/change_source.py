"""What every source of changes promises: SQL Server's change tracking, as the cycle reads it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from common.database.errors import LockedError
from common.database.ports import ChangeSource
from common.database.records import Baseline, ChangedRow, Key
from relay.sources.builtin import SALE
from relay.sources.source import Source
from tests.contract.fence import FenceContract
from tests.contract.lookout import LookoutContract
from tests.contract.table import FIRST, SECOND, THIRD, Table


class ChangeSourceContract(FenceContract, LookoutContract, ABC):
    """A backend gives `changes`, and the `table` in which they are made, empty and tracked."""

    @pytest.fixture
    @abstractmethod
    def changes(self) -> ChangeSource: ...

    @pytest.fixture
    @abstractmethod
    def table(self) -> Table: ...

    # States

    def test_a_tracked_table_has_a_state(self, changes: ChangeSource, table: Table) -> None:
        state = changes.states([SALE])["sale"]
        assert state.object_id is not None
        assert state.begin_version is not None
        assert state.min_valid is not None
        assert state.min_valid <= _version(changes)
        assert state.updateable
        assert state.fence is None

    def test_a_snapshot_shows_the_same_state(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        with changes.snapshot(SALE) as snapshot:
            assert snapshot.state == changes.states([SALE])["sale"]

    def test_every_transaction_draws_one_version(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, FIRST, SECOND)
        assert _version(changes) == before + 1

    # Changes

    def test_a_row_that_was_inserted_pending_is_taken(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, FIRST)
        assert _changed(changes, before) == [_row(FIRST, before + 1)]

    def test_a_row_that_became_pending_is_taken(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST, status="DRAFT")
        before = _version(changes)
        with table.transaction() as write:
            write.set_status(FIRST, "PENDING_SYNC")
        assert _changed(changes, before) == [_row(FIRST, before + 1)]

    def test_a_row_that_is_pending_no_more_is_left_out(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, FIRST)
        with table.transaction() as write:
            write.set_status(FIRST, "SYNCED")
        assert _changed(changes, before) == []

    def test_an_unrelated_edit_of_a_pending_row_is_left_out(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        before = _version(changes)
        with table.transaction() as write:
            write.set_note(FIRST)
        assert _changed(changes, before) == []

    def test_what_is_watched_is_said_by_the_source(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        _insert(table, SECOND, status="DRAFT")
        before = _version(changes)
        with table.transaction() as write:
            write.set_note(FIRST)
            write.set_note(SECOND)
        assert _changed(changes, before, replace(SALE, watch=("status", "note"))) == [_row(FIRST, before + 1)]
        assert _changed(changes, before, replace(SALE, watch=("status",))) == []

    def test_a_status_that_is_watched_is_taken(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST, status="DRAFT")
        before = _version(changes)
        with table.transaction() as write:
            write.set_status(FIRST, "PENDING_SYNC")
        assert _changed(changes, before, replace(SALE, watch=("status",))) == [_row(FIRST, before + 1)]

    def test_an_insert_is_taken_whatever_is_watched(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, FIRST)
        assert _changed(changes, before, replace(SALE, watch=("status",))) == [_row(FIRST, before + 1)]

    def test_an_unrelated_edit_does_not_hide_an_insert(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, FIRST)
        with table.transaction() as write:
            write.set_note(FIRST)
        assert _changed(changes, before) == [_row(FIRST, before + 2)]

    def test_an_unrelated_edit_does_not_hide_a_change_of_the_status(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST, status="DRAFT")
        before = _version(changes)
        with table.transaction() as write:
            write.set_status(FIRST, "PENDING_SYNC")
        with table.transaction() as write:
            write.set_note(FIRST)
        assert _changed(changes, before) == [_row(FIRST, before + 2)]

    def test_a_status_that_is_written_anew_is_a_new_request(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        before = _version(changes)
        with table.transaction() as write:
            write.set_status(FIRST, "PENDING_SYNC")
        assert _changed(changes, before) == [_row(FIRST, before + 1)]

    def test_a_deleted_row_is_left_out(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, FIRST)
        with table.transaction() as write:
            write.delete(FIRST)
        assert _changed(changes, before) == []

    def test_a_row_that_was_deleted_and_inserted_again_is_taken(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        before = _version(changes)
        with table.transaction() as write:
            write.delete(FIRST)
            write.insert(FIRST)
        assert _changed(changes, before) == [_row(FIRST, before + 1)]

    def test_changes_come_by_version_and_key(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, THIRD)
        _insert(table, SECOND, FIRST)
        assert _changed(changes, before) == [
            _row(THIRD, before + 1),
            _row(FIRST, before + 2),
            _row(SECOND, before + 2),
        ]

    def test_nothing_has_changed_since_the_current_version(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        assert _changed(changes, _version(changes)) == []

    def test_a_snapshot_does_not_see_what_comes_later(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, FIRST)
        with changes.snapshot(SALE) as snapshot:
            _insert(table, SECOND)
            assert _flat(snapshot.changes(before)) == [_row(FIRST, before + 1)]
            assert _flat(snapshot.pending()) == [_row(FIRST, before + 1)]
            assert snapshot.state.current_version == before + 1

    def test_many_rows_come_whole(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        keys = [("NT-01", f"HĐ-{number:04}") for number in range(1200)]
        _insert(table, *keys)
        assert _changed(changes, before) == [_row(key, before + 1) for key in keys]

    # Baselines

    def test_a_baseline_holds_all_pending_rows_with_their_versions(self, changes: ChangeSource, table: Table) -> None:
        before = _version(changes)
        _insert(table, SECOND)
        _insert(table, THIRD, status="DRAFT")
        _insert(table, FIRST)
        with changes.snapshot(SALE) as snapshot:
            assert _flat(snapshot.pending()) == [_row(FIRST, before + 3), _row(SECOND, before + 1)]

    def test_a_baseline_is_read_in_pieces(self, changes: ChangeSource, table: Table) -> None:
        keys = [(shop, f"HĐ-{number}") for shop in ("NT-01", "NT-02", "Ốc") for number in range(1, 4)]
        _insert(table, *reversed(keys))
        _insert(table, ("NT-02", "HĐ-0"), status="DRAFT")
        read: list[Key] = []
        with changes.snapshot(SALE) as snapshot:
            baseline = None
            while piece := _keys(snapshot.pending(baseline, 2)):
                assert len(piece) == 2 or piece == keys[-1:]
                read += piece
                baseline = Baseline(after=piece[-1], until=None, rows=len(read))
        assert read == keys

    def test_a_baseline_ends_at_the_highest_key_that_there_was(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST, SECOND, THIRD)
        with changes.snapshot(SALE) as snapshot:
            assert _keys(snapshot.pending(Baseline(after=FIRST, until=SECOND, rows=1), 5)) == [SECOND]
            assert _keys(snapshot.pending(Baseline(after=SECOND, until=SECOND, rows=2), 5)) == []

    def test_during_a_baseline_rows_change_where_it_has_been_and_beyond_its_end(
        self, changes: ChangeSource, table: Table
    ) -> None:
        before = _version(changes)
        keys = [(shop, f"HĐ-{number}") for shop in ("NT-01", "NT-02") for number in range(1, 4)]
        _insert(table, *keys)
        with changes.snapshot(SALE) as snapshot:
            within = Baseline(after=("NT-01", "HĐ-2"), until=("NT-02", "HĐ-2"), rows=2)
            assert _keys(snapshot.changes(before, within)) == [*keys[:2], keys[5]]
            assert _keys(snapshot.pending(within)) == keys[2:5]
            endless = Baseline(after=("NT-01", "HĐ-2"), until=None, rows=2)
            assert _keys(snapshot.changes(before, endless)) == keys[:2]

    def test_the_highest_key_is_that_of_any_row(self, changes: ChangeSource, table: Table) -> None:
        with changes.snapshot(SALE) as snapshot:
            assert snapshot.last_key() is None
        _insert(table, FIRST, SECOND)
        _insert(table, THIRD, status="SYNCED")
        with changes.snapshot(SALE) as snapshot:
            assert snapshot.last_key() == THIRD

    def test_a_truncated_table_is_empty_and_tells_it(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        version = _version(changes)
        table.truncate()
        with changes.snapshot(SALE) as snapshot:
            assert _flat(snapshot.pending()) == []
            assert (snapshot.state.begin_version, snapshot.state.min_valid) == (version, version)

    def test_pending_keys_are_told_from_the_others(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        _insert(table, SECOND, status="SYNCED")
        assert changes.still_pending(SALE, [FIRST, SECOND, THIRD], lambda: None) == {FIRST}

    def test_a_row_that_is_being_finished_is_pending_still(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        with table.being_written(FIRST):
            assert changes.still_pending(SALE, [FIRST], lambda: None) == {FIRST}
            assert [row.key for row in _changed(changes, 0)] == [FIRST]

    # Locks

    def test_a_table_that_is_being_altered_is_told_from_others(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        with table.being_altered():
            with pytest.raises(LockedError):
                changes.states([SALE])
            with pytest.raises(LockedError), changes.snapshot(SALE):
                pass
            with pytest.raises(LockedError):
                changes.still_pending(SALE, [FIRST], lambda: None)
        assert changes.still_pending(SALE, [FIRST], lambda: None) == {FIRST}

    def test_pending_keys_are_found_whatever_the_first_is_like(self, changes: ChangeSource, table: Table) -> None:
        keys = [("NT-01", "HĐ-1"), ("NT-01", "HĐ-2"), ("Nhà thuốc", "药-3"), ("NT-01", "HĐ-4"), ("NT-01", "\U0001f48a")]
        _insert(table, *keys)
        assert changes.still_pending(SALE, keys, lambda: None) == set(keys)
        assert changes.still_pending(SALE, [("NT-01", "HĐ-2"), *reversed(keys)], lambda: None) == set(keys)

    def test_what_can_be_no_key_of_the_table_is_not_pending(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        others = [("NT-01",), ("NT-01", 1), ("NT-01", b"HD-1"), ("NT-01", "HĐ-1" * 1000), ("NT-01", "HĐ-1", "HĐ-1")]
        assert changes.still_pending(SALE, [*others, FIRST], lambda: None) == {FIRST}

    def test_a_thousand_keys_can_be_asked_for_at_once(self, changes: ChangeSource, table: Table) -> None:
        _insert(table, FIRST)
        others = [("NT-09", f"HĐ-{number}") for number in range(1500)]
        assert changes.still_pending(SALE, [*others, FIRST], lambda: None) == {FIRST}


def _insert(table: Table, *keys: Key, status: str = "PENDING_SYNC") -> None:
    with table.transaction() as write:
        for key in keys:
            write.insert(key, status=status)


def _version(changes: ChangeSource) -> int:
    version = changes.states([SALE])["sale"].current_version
    assert version is not None
    return version


def _row(key: Key, version: int) -> ChangedRow:
    shop, invoice = key
    return ChangedRow(version=version, key=key, args=(invoice, shop))


def _changed(changes: ChangeSource, since: int, source: Source = SALE) -> list[ChangedRow]:
    with changes.snapshot(source) as snapshot:
        return _flat(snapshot.changes(since))


def _keys(batches: Iterable[Sequence[ChangedRow]]) -> list[Key]:
    return [row.key for row in _flat(batches)]


def _flat(batches: Iterable[Sequence[ChangedRow]]) -> list[ChangedRow]:
    return [row for batch in batches for row in batch]
