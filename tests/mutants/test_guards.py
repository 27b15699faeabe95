"""Guards are found by their comments, and nothing that looks like one is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.guards import Guard, GuardError, find_guards, guards_in

CODE = '''\
"""# guard: in-a-text"""
# guard: alone
# What it is for.

if one:
    two()  # guard: at-the-end
'''


def test_a_guard_names_the_line_it_ends_or_the_next_one_of_code() -> None:
    assert list(guards_in(CODE, "relay/a.py")) == [
        Guard(name="alone", file="relay/a.py", line=5),
        Guard(name="at-the-end", file="relay/a.py", line=6),
    ]


def test_in_lua_too() -> None:
    text = "-- What it does.\n-- guard: alone\nif one then\n  two() -- guard: at-the-end\nend\n"
    assert [(guard.name, guard.line) for guard in guards_in(text, "a.lua")] == [("alone", 3), ("at-the-end", 4)]


@pytest.mark.parametrize(
    "comment", ["# guard:", "# guard: Two Words", "# guard: with_underscores", "#guard: a", "# Guard: a", "# guard a"]
)
def test_what_looks_like_a_guard_and_is_none_is_refused(comment: str) -> None:
    with pytest.raises(GuardError, match=rf"^relay/a\.py:2: write `guard: NAME`, .* not '{comment}'$"):
        list(guards_in(f"one()\ntwo()  {comment}\n", "relay/a.py"))


def test_words_that_only_begin_like_one_are_no_guard() -> None:
    assert not list(guards_in("one()  # guarded by the caller\ntwo()  # a guard: not one\n", "relay/a.py"))


def test_a_guard_before_nothing_is_refused() -> None:
    with pytest.raises(GuardError, match=r"^relay/a\.py:2: nothing follows the guard alone$"):
        list(guards_in("one()\n# guard: alone\n\n", "relay/a.py"))


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    for package in ("common", "relay"):
        (tmp_path / package / "inner").mkdir(parents=True)
        (tmp_path / package / "inner" / "file.py").write_text("one()  # guard: twice\n")
    with pytest.raises(GuardError, match=r"^common/inner/file\.py:1: twice is at relay/inner/file\.py:1, too$"):
        find_guards(tmp_path)
