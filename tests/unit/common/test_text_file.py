"""Files that people name: what may never end is no file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from common.text_file import NotTextError, read_bytes


def test_a_file_is_read_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"one\x00two")
    (tmp_path / "link").symlink_to("file")
    assert read_bytes(tmp_path / "link") == b"one\x00two"


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotTextError, match="a pipe or a device: write a file"):
        read_bytes(tmp_path / "pipe")


def test_a_device_has_no_end() -> None:
    with pytest.raises(NotTextError, match="a pipe or a device: write a file"):
        read_bytes(Path("/dev/zero"))


def test_a_folder_is_told_as_the_system_tells_it(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as error:
        read_bytes(tmp_path)
    assert error.value.strerror == "Is a directory"
