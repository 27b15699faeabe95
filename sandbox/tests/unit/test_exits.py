"""What goes wrong in a command is one message and an exit code, and never a traceback."""

from __future__ import annotations

import pytest
import typer

from sandbox.control import ControlError
from sandbox.errors import ServiceError
from sandbox.exits import exit_codes
from sandbox.processes import ChildDiedError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ServiceError("port 1 cannot be used"), 2, "demo: port 1 cannot be used\n"),
        (ControlError("there is no fault 7"), 2, "demo: there is no fault 7\n"),
        (ChildDiedError("redis was ended by SIGKILL"), 1, "demo: redis was ended by SIGKILL\n"),
        (KeyboardInterrupt(), 130, "demo: stopped\n"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_told_once(error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised, exit_codes("demo"):
        raise error
    assert raised.value.exit_code == code
    assert capsys.readouterr() == ("", said)


def test_what_nobody_expected_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), exit_codes("demo"):
        raise ZeroDivisionError
