"""What a fence tells another Mongo, as text and back: also one that a person, or another program, wrote."""

from __future__ import annotations

import json

import pytest

from common.database.mssql.resume import resume_of, resume_text
from tests.support.samples import a_resume

WRITTEN = json.loads(resume_text(a_resume()) or "")


@pytest.mark.parametrize("resume", [None, a_resume(), a_resume(last=None, side_table=None, is_first_run=True)])
def test_it_comes_back_as_it_was(resume: object) -> None:
    assert resume_of(resume_text(resume)) == resume  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"number": "7"},
        {"number": None},
        {"number": True},
        {"number": 1.5},
        {"number": 2**63},
        {"base": None},
        {"last": [float("inf"), 1]},
        {"last": ["7", "1"]},
        {"last": [7]},
        {"last": 7},
        {"object_id": "1"},
        {"definition": None},
        {"is_first_run": "no"},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_value_that_is_not_one_of_relays_vouches_for_nothing(change: dict[str, object]) -> None:
    assert resume_of(json.dumps(WRITTEN | change)) is None


@pytest.mark.parametrize("text", ["", "xin chào", "null", "7", "[]", "{}", "[" * 1000, "9" * 1000])
def test_a_text_that_is_not_one_of_relays_vouches_for_nothing(text: str) -> None:
    assert resume_of(text) is None
