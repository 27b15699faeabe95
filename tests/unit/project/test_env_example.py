"""`.env.example` names every setting, with the words of the code."""

import re
from pathlib import Path

import pytest

from common.config import Settings

TEXT = (Path(__file__).parents[3] / ".env.example").read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_there_with_its_description(name: str) -> None:
    field = Settings.model_fields[name]

    found = re.search(rf"^# (.*)\n(#?){name}=(.*)$", TEXT, re.MULTILINE)

    assert found, f"{name} is missing from .env.example"
    assert found[1].startswith(str(field.description))
    assert bool(found[2]) is not field.is_required(), "a default stands behind a #, what must be set does not"
    default = "" if field.is_required() or field.default is None else str(field.default)
    assert found[3].lower() == default.lower().removesuffix(".0")


def test_there_is_nothing_else() -> None:
    assert set(re.findall(r"^#?([A-Z_]+)=", TEXT, re.MULTILINE)) == set(Settings.model_fields)
