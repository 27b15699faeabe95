"""The env file: whole, private, and never mistaken for somebody else's."""

from pathlib import Path

import pytest

from sandbox import env_file
from sandbox.errors import ServiceError


def values(**changes: str) -> dict[str, str]:
    return {**dict.fromkeys(env_file.NAMES, "x"), **changes}


def test_what_was_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "made" / "env"
    env_file.write(path, values(MSSQL_PASSWORD="a=b;c"))

    assert env_file.read(path) == values(MSSQL_PASSWORD="a=b;c")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_an_earlier_sandboxs_file_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "env"
    env_file.write(path, values())
    env_file.remove_stale(path)

    assert not path.exists()


def test_a_file_with_anything_else_in_it_stays(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    env_file.write(path, values())
    with path.open("a") as file:
        file.write("SCAN_INTERVAL=1\n")
    env_file.remove_stale(path)

    assert path.exists()


def test_a_file_that_is_not_there_is_no_matter(tmp_path: Path) -> None:
    env_file.remove_stale(tmp_path / "env")


def test_a_file_that_somebody_else_has_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("MSSQL_SERVER=real.example\nMSSQL_PASSWORD=theirs\n")
    with pytest.raises(ServiceError, match=r"is not a sandbox's file"):
        env_file.claim(path)
    assert "theirs" in path.read_text()


def test_what_an_earlier_sandbox_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "env"
    env_file.write(path, dict.fromkeys(env_file.NAMES, "earlier"))
    env_file.claim(path)
    assert not path.exists()
