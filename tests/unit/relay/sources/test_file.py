"""The file of sources: what it makes of the built-in ones, and how it says what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from common.config import SettingsError
from relay.sources.builtin import CANCELLATION, IMPORT, SALE
from relay.sources.file import parse_sources, read_sources
from relay.sources.source import Source


def test_a_new_source_needs_a_table_and_arguments() -> None:
    sources, problems = parse_sources('[sources.goods]\ntable = "stock.Goods"\nargs = ["id", "shop"]')
    assert problems == []
    assert sources == (
        SALE,
        IMPORT,
        CANCELLATION,
        Source(
            name="goods",
            schema="stock",
            table="Goods",
            args=("id", "shop"),
            task="goods.process_goods",
            queue="goods_queue",
        ),
    )


def test_everything_can_be_said_of_it() -> None:
    text = """
        [sources.goods]
        table = "[stock room].[Goods in]"
        args = ["receipt id"]
        key = ["shop", "receipt id"]
        status_column = "state"
        pending_value = 0
        task = "stock.take"
        queue = "stock"
        watch = ["state", "approved"]
        priority = 3
        enabled = true
    """
    assert parse_sources(text)[0][-1] == Source(
        name="goods",
        schema="stock room",
        table="Goods in",
        args=("receipt id",),
        key=("shop", "receipt id"),
        status_column="state",
        pending_value=0,
        task="stock.take",
        queue="stock",
        watch=("state", "approved"),
        priority=3,
    )


def test_other_columns_to_watch_are_another_definition() -> None:
    args = SALE.args
    assert replace(SALE, watch=("status", "note")).definition != SALE.definition
    assert replace(SALE, watch=(*args, "status")).definition == SALE.definition, "it is what is watched anyway"
    assert replace(SALE, watch=("note", "status")).definition == replace(SALE, watch=("status", "note")).definition


def test_a_built_in_one_keeps_what_is_not_said() -> None:
    sources, _ = parse_sources('[sources.import]\nqueue = "other"\n[sources.sale]\nenabled = false')
    assert [(source.name, source.queue) for source in sources] == [
        ("import", "other"),
        ("cancellation", "cancellation_queue"),
    ]


def test_an_empty_file_changes_nothing() -> None:
    assert parse_sources("") == ((SALE, IMPORT, CANCELLATION), [])


def test_the_order_is_that_of_the_built_in_ones_and_then_of_the_file() -> None:
    entry = "table = 'T'\nargs = ['id']\n"
    text = f"[sources.zebra]\n{entry}[sources.ant]\n{entry}[sources.cancellation]\npriority = 1\n[sources.sale]\n"
    assert [source.name for source in parse_sources(text)[0]] == ["sale", "import", "cancellation", "zebra", "ant"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[[", "not TOML, line 1, column 3: write NAME = "),
        ("[source.x]", "source: no such thing here; write [sources.NAME]"),
        ("sources = 1", "sources: found the number 1; write [sources.NAME], and its fields below"),
        ("sources.x = 1", "[sources.x] found the number 1; write [sources.NAME] once, and its fields below"),
        ("[sources.X]", "[sources.X] the name must begin with a letter"),
        ("[sources.x]\nargs = ['id']", "[sources.x] table is missing: the table: schema.table"),
        ("[sources.x]\ntable = 'T'", "[sources.x] args is missing: columns that become"),
        ("[sources.sale]\ntabel = 'T'", "[sources.sale] tabel: there is no such field; did you mean table?"),
        ("[sources.sale]\nxyz = 1", "[sources.sale] xyz: there is no such field; the fields are: table, args, key"),
        ("[sources.sale]\ntable = 'a.b.c'", "[sources.sale] table: 'a.b.c' is not a table's name: write schema.table"),
        ("[sources.sale]\nargs = []", "[sources.sale] args: "),
        ("[sources.sale]\nargs = [1]", "[sources.sale] args: "),
        ("[sources.sale]\npending_value = true", "[sources.sale] pending_value: "),
        ("[sources.sale]\npending_value = 1.5", "[sources.sale] pending_value: "),
        ("[sources.sale]\nqueue = ''", "[sources.sale] queue: "),
        ("[sources.sale]\nqueue = 'relay'", "[sources.sale] queue: 'relay' is the name of relay's own ticks; choose"),
        ("[sources.x]\ntable = 'T'\nargs = ['id']\nqueue = 'celeryev'", "[sources.x] queue: 'celeryev' is the name"),
        ("[sources.sale]\ntask = 'relay.scan_source'", "[sources.sale] task: 'relay.scan_source': names that begin"),
        ("[sources.relay]\ntable = 'T'\nargs = ['id']", "[sources.relay] task: 'relay.process_relay': names that"),
        ("[sources.sale]\npriority = 10", "[sources.sale] priority: "),
        ("[sources.sale]\npriority = '1'", "[sources.sale] priority: "),
        ("[sources.sale]\nenabled = 'no'", "[sources.sale] enabled: "),
    ],
)
def test_a_problem_is_one_line_that_names_source_and_field(text: str, problem: str) -> None:
    [line] = parse_sources(text)[1]
    assert line.startswith(problem)


def test_names_that_are_relays_own_are_refused() -> None:
    text = (
        "[sources.sale]\nqueue = 'relay'\n[sources.import]\nqueue = 'relay:3'\n[sources.cancellation]\ntask = 'relay.x'"
    )
    assert parse_sources(text) == (
        (),
        [
            "[sources.sale] queue: 'relay' is the name of relay's own ticks; choose another",
            "[sources.import] queue: 'relay:3' is the name of the offsets that relay keeps in Redis; choose another",
            "[sources.cancellation] task: 'relay.x': names that begin with relay. are relay's own; choose another",
        ],
    )


def test_nothing_left_to_relay_is_a_problem() -> None:
    text = "".join(f"sources.{name}.enabled = false\n" for name in ("sale", "import", "cancellation"))
    assert parse_sources(text)[1] == ["every source is switched off; leave one on"]


def test_all_problems_are_told_at_once_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text("[sources.sale]\npriority = 10\nqueue = 1\n[sources.import]\ntask = 1")
    with pytest.raises(SettingsError) as caught:
        read_sources(file)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{file}: [sources.") for line in lines)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"RELAY_SOURCES: .*none\.toml cannot be read: No such file"):
        read_sources(tmp_path / "none.toml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_file_as_editors_save_it(encoding: str, end: str, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    text = f"[sources.goods]{end}table = '[Hàng hóa]'{end}args = ['mã']{end}"
    file.write_bytes(text.encode(encoding))
    assert (read_sources(file)[-1].table, read_sources(file)[-1].args) == ("Hàng hóa", ("mã",))


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_bytes(b"# one\n" + "# Đơn".encode("cp1258"))
    with pytest.raises(SettingsError, match=r"sources\.toml: line 2: it is not UTF-8 \(saved as ANSI\?\): save it"):
        read_sources(file)
