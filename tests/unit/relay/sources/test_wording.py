"""Whatever stands in the file of sources, what is wrong is said in words: source, field, found, wanted."""

from __future__ import annotations

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from relay.sources.file import Entry, parse_sources

JARGON = ("Input should", "valid ", "type=", "instance", "tuple", "dict", "None", "pydantic", "input_value")


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("table = true", "table: found true, wanted a text in quotes, as"),
        ("table = ['dbo', 'Sale']", "table: found a list, wanted a text in quotes"),
        ("table = 'Sale; DROP'", "table: 'Sale; DROP' is not a table's name: write schema.table"),
        ("args = 'id'", "args: found the text 'id', wanted a list of columns' names, as ["),
        ("args = []", "args: found an empty list, wanted a list of"),
        ("args = ['id', 2]", "args: found the number 2 at place 2 of the list, wanted a list of"),
        ("args = ['']", "args: found an empty text at place 1 of the list"),
        ("args = [['id']]", "args: found a list at place 1 of the list"),
        ("[[sources.sale.args]]", "args: found a list of tables (in double brackets), wanted"),
        ("key = {a = 1}", "key: found a table, wanted a list of columns' names"),
        ("status_column = 1", "status_column: found the number 1, wanted a text in quotes"),
        ("status_column = 2026-11-28", "status_column: found a date or time without quotes, wanted a text in quotes"),
        (
            "pending_value = 2026-11-28",
            "pending_value: found a date or time without quotes, wanted a text in quotes",
        ),
        ("pending_value = 07:32:00", "pending_value: found a date or time without quotes"),
        ("pending_value = false", "pending_value: found false, wanted a text in quotes, or a whole number without"),
        ("pending_value = 1.0", "pending_value: found the number 1.0, wanted"),
        ("pending_value = ''", "pending_value: found an empty text, wanted"),
        ("pending_value = inf", "pending_value: found a very large number, wanted"),
        ("pending_value = 99999999999999999999", "pending_value: found the number 99999999999999999999, wanted"),
        ("pending_value = ['A', 'B']", "pending_value: found a list, wanted"),
        ("watch = true", "watch: found true, wanted a list of columns' names"),
        ("task = 1", "task: found the number 1, wanted a text in quotes"),
        ("queue = 'sale_queue '", "queue: 'sale_queue ' has a blank at an end, or a character that nobody sees; write"),
        (r'queue = "sale\u200b"', r"queue: 'sale\u200b' has a blank at an end, or a character that nobody sees"),
        (r'task = "a\nb"', r"task: 'a\nb' has a blank at an end"),
        ("priority = true", "priority: found true, wanted a whole number from 0 to 9, without quotes"),
        ("priority = -1", "priority: found the number -1, wanted a whole number from 0 to 9"),
        ("priority = 1.5", "priority: found the number 1.5, wanted a whole number from 0 to 9"),
        ("enabled = 1", "enabled: found the number 1, wanted true or false, without quotes"),
        ("enabled = 'false'", "enabled: found the text 'false', wanted true or false, without quotes"),
        ("statuscolumn = 'a'", "statuscolumn: there is no such field; did you mean status_column?"),
        ("'trạng thái' = 'a'", '"trạng thái": there is no such field; the fields are: table, args'),
        ("[sources.sale.retail]", "retail: found a table inside of a source; a source's name has no dot"),
    ],
)
def test_a_field_of_the_wrong_kind(field: str, line: str) -> None:
    [problem] = parse_sources(f"[sources.sale]\n{field}\n")[1]
    assert problem.startswith(f"[sources.sale] {line}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[source.sale]\nqueue = 'a'", "source: no such thing here; write [sources.NAME]"),
        ("[[sources]]\nname = 'a'", "sources: found a list of tables (in double brackets); write [sources.NAME]"),
        ("[[sources.sale]]\nqueue = 'a'", "[sources.sale] found a list of tables (in double brackets); write [sources"),
        ("[sources]\ntable = 'T'", "[sources.table] stands outside of a source; write [sources.NAME] above it"),
        ("table = 'T'", "table: stands outside of a source; write [sources.NAME] above it"),
        ("sources = ['sale']", "sources: found a list; write [sources.NAME]"),
        ("[sources.'Hóa đơn']", '[sources."Hóa đơn"] the name must begin with a letter and have only a-z'),
        ("[sources.'Hóa đơn']", "write, for example, [sources.hoa_don]"),
        ("[sources.'[x]']", '[sources."[x]"] the name must begin'),
        ("[sources.'a.b']", '[sources."a.b"] the name must begin'),
        ("[sources.hóa_đơn]", "not TOML, line 1, column 11: "),
        ("\n[sources.sale]\nqueue = sale", 'not TOML, line 3, column 9: write texts in "quotes"'),
        ("[sources.sale]\nenabled = False", 'not TOML, line 2, column 11: write texts in "quotes", and true'),
        ('[sources.sale]\ntable = "a\\b c\\hd"', "not TOML, line 2, column 17: write a text with backslashes in"),
        ("[sources.sale]\n[sources.sale]", "not TOML, line 2, column 14: the same name stands there already"),
        (
            "[sources.sale]\nqueue = 'a'\nqueue = 'b'\n",
            "not TOML, line 3, column 12: the same name stands",
        ),
        ("[sources.sale]\nqueue = 'a", "not TOML, line 2, the end: close the quotes on the same line"),
        ("[sources.sale]\nqueue = 'a\nb'", "not TOML, line 2, column 11: close the quotes on the same line"),
        ("[sources.sale]\nargs = ['a'", "not TOML, line 2, the end: close the list with ]"),
        ("[sources.sale]\nargs = ('a')", 'not TOML, line 2, column 8: write texts in "quotes"'),
        ("[sources.sale]\nqueue: 'a'", "not TOML, line 2, column 6: write NAME = "),
        ("[sources.sale", "not TOML, line 1, the end: write NAME = "),
        ("[sources.sale]\npending_value = " + "9" * 5000, "not TOML that relay can read: a number is too long"),
        ("[sources.sale]\nargs = " + "[" * 5000, "not TOML that relay can read: a number is too long, or lists are"),
    ],
)
def test_what_is_no_source_at_all(text: str, line: str) -> None:
    [problem] = parse_sources(text)[1]
    assert line in problem
    assert "\n" not in problem


ANY_VALUE = st.recursive(
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text("bcđ \n\x1b\"'\\[]{}", max_size=60)
    | st.datetimes()
    | st.dates()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)


@given(content=st.dictionaries(st.sampled_from(sorted(Entry.model_fields)), ANY_VALUE, min_size=1, max_size=3))
def test_any_value_is_taken_or_told_in_words(content: dict[str, object]) -> None:
    text = tomlkit.dumps({"sources": {"sale": content}})
    for problem in parse_sources(text)[1]:
        if problem == "every source is switched off; leave one on":
            continue
        field = problem.removeprefix("[sources.sale] ").partition(":")[0]
        assert field in content, problem
        assert not [word for word in JARGON if word in problem]
