"""What is suggested as a source, and that the file which says so can always be read."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.sources.builtin import BUILT_IN
from relay.sources.file import parse_sources
from relay.sources.naming import NAME, snake_case
from relay.sources.suggest import is_status
from relay.sources.suggested_file import Candidate, Unreadable, as_toml

BUILT_IN_NAMES = {source.name for source in BUILT_IN}


def _candidate(**changes: object) -> Candidate:
    usual = {
        "schema": "stock",
        "table": "Goods",
        "key": ("shop", "id"),
        "status_column": "state",
        "is_text": True,
        "values": {"SENT": 940, "TO_SEND": 60},
        "watch": None,
        "is_key_usable": True,
    }
    return Candidate(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    ["status", "Status", "STATUS", "sync state", "bill_status", "SyncState2", "TrangThai", "TRANG_THAI", "Trạng thái",
     "MaTrangThai", "TinhTrang", "Tình trạng", "tinh_trang_id", "StatusId", "StatusID", "status_code", "OrderStatusNo",
     "TrangThaiDongBo", "state_flag"],
)  # fmt: skip
def test_names_that_sound_like_a_status(name: str) -> None:
    assert is_status(name)


@pytest.mark.parametrize("name", ["real_estate", "statement", "StatusDate", "statusText", "thai", "tinh", "note", "Đ"])
def test_names_that_do_not(name: str) -> None:
    assert not is_status(name)


@pytest.mark.parametrize(
    ("values", "pending"),
    [
        ({"SENT": 9, "TO_SEND": 1}, "TO_SEND"),
        ({"Đã gửi": 9, "Chờ gửi": 1}, "Chờ gửi"),
        ({"DA_DONG_BO": 9, "CHUA_DONG_BO": 1}, "CHUA_DONG_BO"),
        ({"Chocolate": 1}, "PENDING_SYNC"),
        ({"PENDING\x1b": 1, "half \ud83d pending": 1}, "PENDING_SYNC"),
        ({}, "PENDING_SYNC"),
    ],
)
def test_which_text_is_taken_for_the_pending_value(values: dict[str | int, int], pending: str) -> None:
    text = as_toml([_candidate(values=values)], names=())
    assert tomllib.loads(text)["sources"]["goods"]["pending_value"] == pending


@pytest.mark.parametrize(
    ("values", "pending"), [({1: 900, 0: 90, 2: 10}, 0), ({3: 1, 2: 1}, 2), ({-1: 1, 0: 1}, 0), ({}, 0)]
)
def test_which_number_is_taken_for_the_pending_value(values: dict[str | int, int], pending: int) -> None:
    text = as_toml([_candidate(is_text=False, values=values)], names=())
    assert tomllib.loads(text)["sources"]["goods"]["pending_value"] == pending


def test_what_a_column_holds_is_shown_with_its_rows() -> None:
    text = as_toml([_candidate(is_text=False, values={1: 1000, 0: 90, 2: 10})], names=())
    assert "pending_value = 0 # the column holds: 1 (1,000), 0 (90), 2 (10)\n" in text
    text = as_toml([_candidate(values={"a\nb\x1b": 2, "x" * 50: 1} | {f"v{n}": 1 for n in range(8)})], names=())
    assert rf"# the column holds: a\nb\x1b (2), {'x' * 40}... (1), v0 (1)," in text
    assert ", v5 (1) and 2 others\n" in text


def test_a_table_that_cannot_be_read_is_named_beside_the_others() -> None:
    text = as_toml([Unreadable(table="stock.[a\n[sources.x]]]", is_locked=False), _candidate()], names=())
    assert "# stock.[a\\n[sources.x]]] has a status column that this login may not read: GRANT SELECT ON stock" in text
    assert list(tomllib.loads(text)["sources"]) == ["goods"]
    assert "There is no other table" in as_toml([Unreadable(table="stock.a", is_locked=True)], names=())


@pytest.mark.parametrize(
    ("table", "name"),
    [("Hóa đơn", "hoa_don"), ("PHIẾU_NHẬP", "phieu_nhap"), ("đơn2", "don_2"), ("漢字", "source"), ("2", "source_2")],
)
def test_names_in_any_letters(table: str, name: str) -> None:
    assert snake_case(table) == name


def test_a_name_of_relays_own_is_not_given() -> None:
    text = as_toml([_candidate(table="Relay"), _candidate(table="celery")], names=())
    assert list(tomllib.loads(text)["sources"]) == ["source_relay", "source_celery"]
    assert parse_sources(text)[1] == []


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
VALUES = st.dictionaries(st.text(st.characters(), max_size=60), st.integers(1, 1000), max_size=12)
CANDIDATES = st.builds(
    Candidate,
    schema=NAMES,
    table=NAMES,
    key=st.lists(NAMES, max_size=3).map(tuple),
    status_column=NAMES,
    is_text=st.just(True),
    values=VALUES,
    watch=st.none() | st.lists(NAMES, max_size=2).map(tuple),
    is_key_usable=st.booleans(),
)
NUMBERED = st.builds(
    _candidate, is_text=st.just(False), values=st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.integers(1, 9))
)


@given(found=st.lists(CANDIDATES | NUMBERED | st.builds(Unreadable, table=NAMES, is_locked=st.booleans()), max_size=4))
def test_what_is_suggested_can_always_be_read(found: list[Candidate | Unreadable]) -> None:
    text = as_toml(found, names=BUILT_IN_NAMES)
    sources, problems = parse_sources(text.encode().decode())
    assert problems == []
    wanted = [each for each in found if isinstance(each, Candidate)]
    read = sources[len(BUILT_IN) :]
    assert [(each.schema, each.table, each.status_column) for each in read] == [
        (each.schema, each.table, each.status_column) for each in wanted
    ]
    assert [each.args for each in read] == [each.key[::-1] or ("FILL_IN",) for each in wanted]
    assert all(NAME.fullmatch(each.name) for each in read)


def test_nothing_in_the_file_steers_a_terminal() -> None:
    """Once a table's name turned the direction of the text that was printed, and hid what stands behind it."""
    table = "Bills\u202e\u200b\x7f\U000e0001"
    text = as_toml([_candidate(table=table, key=(table,))], names=BUILT_IN_NAMES)
    assert text.replace("\n", "").isprintable()
    (found,) = (source for source in parse_sources(text)[0] if source.name not in BUILT_IN_NAMES)
    assert (found.table, found.args) == (table, (table,))
