"""Each operation changes what its guard names, and says so where it cannot."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from tests.mutants.guards import GuardError, guards_in
from tests.mutants.mutant import (
    Change,
    always,
    argument,
    becomes,
    gives,
    gone,
    ignored,
    later,
    mutate,
    never,
    unlocked,
    when,
    without,
)

FILE = "relay/file.py"


def mutated(folder: Path, code: str, *changes: Change, file: str = FILE) -> str:
    """The code with these changes, without blanks at its end."""
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    text = dedent(code)
    (folder / file).write_text(text, encoding="utf-8")
    guards = {guard.name: guard for guard in guards_in(text, file)}
    return mutate(changes, guards, folder)[file].strip()


@pytest.mark.parametrize(
    ("change", "code", "then"),
    [
        (never("a"), "if one:  # guard: a\n  two", "if False:\n  two"),
        (never("a"), "while one:  # guard: a\n  two", "while False:\n  two"),
        (never("a"), "if one:\n  two\nelif three:  # guard: a\n  four", "if one:\n  two\nelif False:\n  four"),
        (never("a"), "# guard: a\nreturn one if two else three", "return one if False else three"),
        (
            always("a"),
            "# guard: a\nfound = [one for one in all if one and two]",
            "found = [one for one in all if True]",
        ),
        (always("a"), "if one:  # guard: a\n  b = c if d else e", "if True:\n  b = c if d else e"),
        (when("a", "b > c"), "# guard: a\nif b >= c:\n  d", "if b > c:\n  d"),
        (ignored("a"), "# guard: a\nif not b():\n  c", "if not b() and False:\n  c"),
        (gone("a"), "# guard: a\none()", "pass"),
        (gone("a"), "# guard: a\n@one\ndef two(): ...", "pass"),
        (gone("a"), "one(\n  two,  # guard: a\n  three,\n)", "one(three)"),
        (gone("a"), "one(two,\n  three=3,  # guard: a\n)", "one(two)"),
        (gone("a"), "one = {\n  2: 3,  # guard: a\n  **four,\n}", "one = {**four}"),
        (gone("a"), "one = {\n  2: 3,\n  **four,  # guard: a\n}", "one = {2: 3}"),
        (gone("a"), "one = [\n  # guard: a\n  two,\n  three,\n]", "one = [three]"),
        (gone("a"), "if (\n  one\n  or two == 2  # guard: a\n):\n  three", "if one:\n  three"),
        (gone("a"), "one.where(\n  two == 2,  # guard: a\n).values(three)", "one.where().values(three)"),
        (gives("a", "2"), "# guard: a\nreturn one", "return 2"),
        (gives("a", "2"), "# guard: a\none = two", "one = 2"),
        (gives("a", "2"), "# guard: a\none: int = two", "one: int = 2"),
        (gives("a", "2"), "one(\n  two=two,  # guard: a\n)", "one(two=2)"),
        (gives("a", "2"), "one = {\n  two: three,  # guard: a\n}", "one = {two: 2}"),
        (
            argument("a", "two", "2"),
            "# guard: a\nwith one(two=three) as four:\n  five",
            "with one(two=2) as four:\n  five",
        ),
        (without("a", 1), "# guard: a\nif one and two and three:\n  four", "if one and three:\n  four"),
        (without("a", 0), "# guard: a\nreturn not (one or two)", "return not two"),
        (without("a", 2), "# guard: a\nif one < two <= three:\n  four", "if one < two:\n  four"),
        (without("a", -1), "# guard: a\none = [two, three]", "one = [two]"),
        (without("a", 1), "# guard: a\none = f'{two}:{three}:{four}'", "one = f'{two}::{four}'"),
        (without("a", "b"), "# guard: a\nreturn one(b=2, c=3)", "return one(c=3)"),
        (without("a", "b"), "# guard: a\none({'b': 2, 'c': 3})", "one({'c': 3})"),
        (becomes("a", "one()\ntwo()"), "if 0:\n  # guard: a\n  three()", "if 0:\n  one()\n  two()"),
        (becomes("a", "1"), "one = [\n  two,  # guard: a\n]", "one = [1]"),
        (later("a", 1), "# guard: a\none()\ntwo()\nthree()", "two()\none()\nthree()"),
        (unlocked("a"), "# guard: a\nwith one:\n  two()\n  three()", "two()\nthree()"),
    ],
)
def test_it_changes_what_the_guard_names_and_nothing_else(change: Change, code: str, then: str, tmp_path: Path) -> None:
    assert ast.dump(ast.parse(mutated(tmp_path, code, change))) == ast.dump(ast.parse(then))


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        (never("a"), "# guard: a\none()", "there is no condition"),
        (never("a"), "# guard: a\nwith one:\n  if two:\n    three", "there is no condition"),
        (ignored("a"), "# guard: a\none()", "this is no `if`"),
        (gone("a"), "one(\n  two, three,  # guard: a\n)", "several parts of a statement begin here: give each a line"),
        (gone("a"), "if one:\n  two\nelse:  # guard: a\n  three", "no statement begins here, nor a part of one"),
        (gives("a", "2"), "# guard: a\none()", "this gives nothing"),
        (argument("a", "two", "2"), "# guard: a\none(three=3)", "nothing is called with two="),
        (without("a", 0), "# guard: a\none = two", "there is nothing of which one could be left out"),
        (without("a", 3), "# guard: a\none = two and three", "there are only 2"),
        (without("a", "two"), "# guard: a\none(three=3)", "there is no two"),
        (later("a", 2), "# guard: a\none()\ntwo()", "no 2 statements follow it"),
        (unlocked("a"), "# guard: a\none()", "this is no `with`"),
    ],
)
def test_where_it_cannot_it_says_why(change: Change, code: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(GuardError) as caught:
        mutated(tmp_path, code, change)
    assert str(caught.value).startswith(f"{FILE}:")
    assert str(caught.value).endswith(f" (a): {reason}")


def test_several_guards_of_a_file_are_taken_out_together(tmp_path: Path) -> None:
    code = "# guard: a\none()\n# guard: b\ntwo()\n# guard: c\nthree()"
    changed = mutated(tmp_path, code, becomes("a", "1\n2"), later("b", 1), gone("c"))
    assert changed == "1\n2\npass\ntwo()"


def test_a_guard_that_the_code_has_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(GuardError, match=r"^no guard in the code is named gone-away$"):
        mutated(tmp_path, "one()\n", never("gone-away"))


def test_a_line_of_lua_becomes_another(tmp_path: Path) -> None:
    code = "if one then -- guard: a\n  two()\nend -- guard: b\n"
    changed = mutated(tmp_path, code, becomes("a", "if true then"), file="relay/file.lua")
    assert changed == "if true then\n  two()\nend -- guard: b"
    with pytest.raises(GuardError, match=r"^relay/file\.lua:1: a: in Lua a line can become another, no more$"):
        mutated(tmp_path, code, never("a"), file="relay/file.lua")
