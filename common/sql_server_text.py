"""What SQL Server and its driver said, as pyodbc hands it on: taken apart, and shown where it can quote no row.

Pyodbc 5 (errors.cpp, GetErrorFromHandle) writes `[STATE] [vendor]...text (number) (function)`, and `; ` before each
message that follows, without the function. SQL Server's own have `[SQL Server]` behind the driver's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BY_THE_SERVER = "[SQL Server]"
"""Stands in what SQL Server said, after the driver's name; the driver has numbers of its own, as those of sockets."""
_OF_TABLES = {102, 156, 206, 207, 208, 209, 226, 241, 242, 271, 402, 468, 515, 529, 547, 2714, 3701, 3726, 4104, 4902}
_OF_TABLES |= {4924, 8114, 8115, 8134, 8152, 8169}
_OF_RIGHTS = {229, 230, 262, 297, 300, 916, 1088, 5011, 15151, 15247}
_OF_LOGINS = {4060, 4064, 18401, 18452, 18456, 18470, 18486, 18487, 18488, 40532, 40615}
_OF_TRACKING = {4996, 4997, 4998, 5088, 5089, 5090, 22105, 22106, 22107, 22108, 22110, 22111, 22113, 22114, 22117}
_OF_TRANSACTIONS = {1204, 1205, 1222, 3617, 3621, 3902, 3903, 3930, 3951, 3952, 3954, 3956, 3957, 3958, 3960, 3961}
_OF_TRANSACTIONS |= {3964, 3966, 3967, 3998}
_OF_DATABASES = {596, 701, 802, 904, 911, 921, 922, 924, 927, 942, 945, 976, 978, 983, 1105, 3906, 5061, 5069, 5070}
_OF_DATABASES |= {6005, 8628, 8645, 8651, 9002, 17142, 17143}
_OF_DATABASES |= {10928, 10929, 40143, 40197, 40501, 40613, 49918, 49919, 49920}
_OF_THE_SANDBOX = {40_000}
NAMES_ONLY = frozenset(
    _OF_TABLES | _OF_RIGHTS | _OF_LOGINS | _OF_TRACKING | _OF_TRANSACTIONS | _OF_DATABASES | _OF_THE_SANDBOX
)
"""Errors whose texts have names of objects, types and logins in them, and never a value (Microsoft, "Database Engine
events and errors"). All others may: those of conversions and keys do, and from 50000 on triggers say what they like."""

_NEXT = re.compile(r"; (?=\[\w{5}\] \[)")
_NUMBER = re.compile(r"\((-?\d+)\)(?: \(\w+\))?\s*$")
_FUNCTION = re.compile(r"\) \(SQL\w+\)")
_NOTE = "[01"
"""How SQLSTATEs of mere notes begin: PRINT says what it likes, under the number 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One of those that an error consists of."""

    text: str
    number: int | None
    """SQL Server's; 0 where the driver itself spoke; None where none stands there."""

    @property
    def is_of_the_server(self) -> bool:
        """Whether SQL Server said it."""
        return BY_THE_SERVER in self.text

    @property
    def can_quote(self) -> bool:
        """Whether a row's values may stand in it."""
        if not self.is_of_the_server:
            return False
        return self.number not in NAMES_ONLY and (self.number != 0 or self.text.startswith(_NOTE))


def messages(text: str) -> list[Message]:
    """The messages, in the order in which the driver names them."""
    return [Message(text=each, number=_number(each)) for each in _NEXT.split(text)]


def without_values(text: str) -> str:
    """The text; where any of it may quote a row: the first such message's SQLSTATE, driver and number alone.

    It is read as before by those who look for state and number, and stays as it is when it is given again.
    """
    first, *others = messages(text)
    # A value may look like the end of one message and the beginning of another: only the first has a function.
    is_forged = any(_FUNCTION.search(each.text) for each in others) and first.is_of_the_server
    # guard: quotes-of-sql-server
    quoting = first if is_forged else next((each for each in (first, *others) if each.can_quote), None)
    if quoting is None:
        return text
    # guard: speaker-stays
    driver = quoting.text[: quoting.text.index(BY_THE_SERVER) + len(BY_THE_SERVER)]
    return f"{driver}its text may quote a row and is not shown ({quoting.number or 'no number'})"


def _number(text: str) -> int | None:
    # guard: numbers-behind-messages
    found = _NUMBER.search(text)
    return None if found is None else int(found[1])
