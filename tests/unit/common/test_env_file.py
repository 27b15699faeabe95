"""`.env`: every value is taken as it is written, or one line says what is wrong and where."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.env_file import EnvFileError, read_env_file

NAMES = ("MSSQL_SERVER", "MSSQL_PASSWORD", "REDIS_PORT", "RELAY_SCAN_INTERVAL", "RELAY_BROKER_OPTIONS")
SECRET = ("MSSQL_PASSWORD",)
CANARY = "canary-9f3"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def _read(file: Path, content: str | bytes) -> dict[str, str]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {name: entry.value for name, entry in read_env_file(file, NAMES, secret=SECRET).items()}


def _problems(file: Path, content: str | bytes) -> list[str]:
    with pytest.raises(EnvFileError) as caught:
        _read(file, content)
    assert CANARY not in str(caught.value)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}") for line in lines)
    return [line.removeprefix(f"{file}, ").removeprefix(f"{file}: ") for line in lines]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${HOME}$USER$$x", "${HOME}$USER$$x"),
        ("'${HOME}'", "${HOME}"),
        ('"${HOME}%TEMP%"', "${HOME}%TEMP%"),
        (r"SRV\nhathuoc", r"SRV\nhathuoc"),
        (r"'SRV\nhathuoc'", r"SRV\nhathuoc"),
        (r'"SRV\hathuoc"', r"SRV\hathuoc"),
        (r"'a\\b'", r"a\\b"),
        ("a#b", "a#b"),
        ("#ab", "#ab"),
        ("'a #b'", "a #b"),
        ('"a #b" # a comment', "a #b"),
        ("a\"b'c", "a\"b'c"),
        ("'a\"b'", 'a"b'),
        ('"a\'b"', "a'b"),
        ("a=b==", "a=b=="),
        ("  a b \t", "a b"),
        ("' a '", " a "),
        ("", ""),
        ("''", ""),
        ("mật khẩu", "mật khẩu"),
        ("`id`;$(id)", "`id`;$(id)"),
        ("a\u2028b\x85c\x0bd", "a\u2028b\x85c\x0bd"),
    ],
)
def test_a_value_is_taken_as_it_is_written(file: Path, written: str, value: str) -> None:
    assert _read(file, f"MSSQL_PASSWORD={written}\nREDIS_PORT=1\n") == {"MSSQL_PASSWORD": value, "REDIS_PORT": "1"}


@given(
    value=st.text(st.characters(exclude_characters="\r\n'\0", codec="utf-8"), max_size=30).filter(
        lambda text: not text.endswith("\\")
    )
)
def test_whatever_stands_in_single_quotes_is_the_value(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.env"
    assert _read(file, f"MSSQL_PASSWORD='{value}'\n") == {"MSSQL_PASSWORD": value}


@pytest.mark.parametrize("line", ["export REDIS_PORT=1", "REDIS_PORT = 1", "\tREDIS_PORT=1", "REDIS_PORT=1 # a port"])
def test_forms_that_other_readers_take(file: Path, line: str) -> None:
    assert _read(file, f"# settings\n\n{line}\n") == {"REDIS_PORT": "1"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-marked", "utf-32"], ids=str)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_any_encoding_with_a_mark_and_any_line_end(file: Path, encoding: str, end: str) -> None:
    text = f"MSSQL_SERVER=máy chủ{end}MSSQL_PASSWORD='mật khẩu'{end}"
    marked = encoding == "utf-16-be-marked"
    data = codecs.BOM_UTF16_BE + text.encode("utf-16-be") if marked else text.encode(encoding)
    assert _read(file, data) == {"MSSQL_SERVER": "máy chủ", "MSSQL_PASSWORD": "mật khẩu"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f'MSSQL_SERVER="{CANARY}\\nhathuoc"', "line 1: MSSQL_SERVER: a backslash in double quotes is an escape to"),
        (f'\nMSSQL_PASSWORD="{CANARY}\\""', "line 2: MSSQL_PASSWORD: a backslash in double quotes"),
        (f'MSSQL_PASSWORD="{CANARY}', 'line 1: MSSQL_PASSWORD: the " is not closed on this line'),
        (f"RELAY_BROKER_OPTIONS='{{\n{CANARY}\n}}'", "line 1: RELAY_BROKER_OPTIONS: the ' is not closed on this line"),
        (f"MSSQL_PASSWORD='{CANARY}'b'", "line 1: MSSQL_PASSWORD: something stands behind the closing '"),
        (f"MSSQL_PASSWORD={CANARY} #2", "line 1: MSSQL_PASSWORD: behind a blank, # begins a comment"),
        (f"MSSQL_PASSWORD= #{CANARY}", "line 1: MSSQL_PASSWORD: behind a blank, # begins a comment"),
        (f"MSSQL_PASSWORD: {CANARY}", "line 1: MSSQL_PASSWORD is not followed by =: write MSSQL_PASSWORD=value"),
        (f"MSSQL_PASSWORD {CANARY}", "line 1: MSSQL_PASSWORD is not followed by =: write MSSQL_PASSWORD=value"),
        (f"MSSQL_SERVER=a\nsource {CANARY}.env", "line 2: this is not NAME=value"),
        (f"MSSQL_SERVER=a\n\nMSSQL_SERVER={CANARY}", "line 3: MSSQL_SERVER: line 1 says something else of it: leave"),
        ("relay_scan_interval=5", "line 1: relay_scan_interval: there is no such setting; did you mean RELAY_SCAN_IN"),
        ("RELAY_SCAN_INTERVALL=5", "line 1: RELAY_SCAN_INTERVALL: there is no such setting; did you mean RELAY_SCAN"),
        ("Mssql_Server=a", "line 1: Mssql_Server: there is no such setting; did you mean MSSQL_SERVER?"),
        ("#\nMSSQL_PASSWORD=Đá".encode("cp1258"), "line 2: MSSQL_PASSWORD: it is not UTF-8 (saved as ANSI"),
        ("MSSQL_SERVER=Nhà".encode("cp1252"), "line 1: MSSQL_SERVER: it is not UTF-8 (saved as ANSI?): save the file"),
        ("MSSQL_SERVER=a".encode("utf-16-le"), "it holds NUL characters, as UTF-16 without a BOM does"),
        ("MSSQL_SERVER=a".encode("utf-16")[:-1], "it is no whole UTF-16: save it as UTF-8"),
    ],
)
def test_a_problem_is_one_line_with_its_number(file: Path, content: str | bytes, problem: str) -> None:
    [line] = _problems(file, content)
    assert line.startswith(problem)


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2028", "\x0b"])
def test_a_blank_that_looks_like_a_space_is_no_part_of_an_end(file: Path, blank: str) -> None:
    """Once a no-break space, copied from a web page with a password, was a part of it: docker compose leaves it out."""
    for value in (f"{blank}{CANARY}", f"{CANARY}{blank}", f"{CANARY}{blank} \t"):
        [problem] = _problems(file, f"MSSQL_PASSWORD={value}\n")
        assert problem.startswith("line 1: MSSQL_PASSWORD: the value begins or ends with a blank that is neither")
    assert _read(file, f"MSSQL_PASSWORD='{blank}'\n") == {"MSSQL_PASSWORD": blank}


def test_a_backslash_before_the_closing_quote_is_told(file: Path) -> None:
    """Once 'C:\\' was a whole value for relay alone: for others the quote belongs to it, and the next lines do too."""
    [problem] = _problems(file, f"MSSQL_PASSWORD='{CANARY}\\' # c\n")
    assert problem.startswith("line 1: MSSQL_PASSWORD: the ' behind a backslash closes the value to some readers")


def test_all_problems_are_told_at_once(file: Path) -> None:
    lines = _problems(file, 'MSSQL_SERVER="a\\\\b"\nREDIS_PORT: 1\nMSSQL_PASSWORD=a # b\n')
    assert [line.partition(":")[0] for line in lines] == ["line 1", "line 2", "line 3"]


@pytest.mark.parametrize(
    "content",
    [
        "# Há đơn".encode("cp1258"),
        "OTHER=é".encode("cp1252"),
        b'KEY="-----BEGIN\nMIIEvQ==\nREDIS PORT\n-----END"\n',
        b"MSSQL_SA_PASSWORD=a\nMSSQL_TCP_PORT=1\nRELAY_IMAGE=x\nredis_port=1\n",
        b"PASSED_ON\n",
        b"NOTE='tis not closed\nMSSQL_SERVERS='a'",
        b'OTHER=a #b\nOTHER=\'\nOTHER="\\n"',
        b"",
        b"\r\n\r\n",
        codecs.BOM_UTF8,
    ],
)
def test_what_is_somebody_elses_is_left_alone(file: Path, content: bytes) -> None:
    assert _read(file, content + b"\nREDIS_PORT=1") == {"REDIS_PORT": "1"}


def test_a_quote_of_somebody_elses_hides_no_setting(file: Path) -> None:
    content = "NOTE='tis not closed\nMSSQL_PASSWORD='a'\nREDIS_PORT='1'\n"
    assert _read(file, content) == {"MSSQL_PASSWORD": "a", "REDIS_PORT": "1"}


def test_what_something_else_goes_before_is_left_alone(file: Path) -> None:
    file.write_text('MSSQL_PASSWORD="a\nREDIS_PORT=1\n')
    assert read_env_file(file, NAMES, unused=["MSSQL_PASSWORD"]).keys() == {"REDIS_PORT"}


def test_twice_the_same_is_no_problem(file: Path) -> None:
    assert _read(file, "REDIS_PORT=1\nREDIS_PORT='1'\n") == {"REDIS_PORT": "1"}


def test_no_file_says_nothing(file: Path) -> None:
    assert read_env_file(file, NAMES) == {}


def test_a_folder_is_told(file: Path) -> None:
    file.mkdir()
    with pytest.raises(EnvFileError, match=r"\.env cannot be read: Is a directory"):
        read_env_file(file, NAMES)


def test_a_link_to_nothing_is_told(file: Path) -> None:
    file.symlink_to("nowhere")
    with pytest.raises(EnvFileError, match="it is a link to a file that is not there"):
        read_env_file(file, NAMES)


def test_a_link_to_itself_is_told(file: Path) -> None:
    file.symlink_to(file)
    with pytest.raises(EnvFileError, match="cannot be read: Too many levels"):
        read_env_file(file, NAMES)


def test_no_repr_shows_a_value(file: Path) -> None:
    file.write_text(f"MSSQL_PASSWORD={CANARY}")
    assert CANARY not in repr(read_env_file(file, NAMES))
