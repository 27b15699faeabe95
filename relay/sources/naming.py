"""Names of sources: what they may be, and what a name in any letters is like as one."""

from __future__ import annotations

import re
import unicodedata

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
"""They become part of keys in MongoDB, Redis and SQL Server."""
LONGEST_SNAKE = 50
"""So that a schema or a number can be added."""


def without_accents(text: str) -> str:
    """`Trạng thái` becomes `Trang thai`, `Đơn` `Don`."""
    parts = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(each for each in parts if not unicodedata.combining(each))


def snake_case(name: str) -> str:
    """`GoodsReceipts` becomes goods_receipts, `Hóa đơn` hoa_don: always a name that a source may have."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", without_accents(name))
    snake = "_".join(word.lower() for word in words) or "source"
    return (snake if snake[0].isalpha() else f"source_{snake}")[:LONGEST_SNAKE]
