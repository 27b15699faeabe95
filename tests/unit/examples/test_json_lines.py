"""Files of JSON lines: each line once, and never half of one."""

from pathlib import Path

from examples.pharmacy.json_lines import JsonLinesReader, JsonLinesWriter


def test_each_line_is_read_once(tmp_path: Path) -> None:
    writer, reader = JsonLinesWriter(tmp_path / "a"), JsonLinesReader(tmp_path / "a")

    writer.append({"n": 1})
    assert list(reader.new_entries()) == [{"n": 1}]
    writer.append({"n": 2})
    assert list(reader.new_entries()) == [{"n": 2}]
    assert list(reader.new_entries()) == []
    writer.close()


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "a"
    reader = JsonLinesReader(path)

    path.write_text('{"n": 1}\n{"n"')
    assert list(reader.new_entries()) == [{"n": 1}]
    path.write_text('{"n": 1}\n{"n": 2}\n')
    assert list(reader.new_entries()) == [{"n": 2}]


def test_a_file_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert list(JsonLinesReader(tmp_path / "a").new_entries()) == []
