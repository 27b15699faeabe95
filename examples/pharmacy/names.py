"""What the pharmacies call themselves, their documents and the people in them: Vietnamese, as their programs write it.

Some programs write a letter with its accents as one character (NFC), others as a letter and combining marks (NFD,
Unicode Standard Annex #15), and old ones write no accents at all. Each keeps to its way, and nobody but they may change
it: a key written in one way is another key than the same in another, byte for byte.
"""

from __future__ import annotations

import random
import unicodedata

from examples.pharmacy.documents import CANCELLATION, DocumentKind

TOWNS = ("Hà-Nội", "Đà-Nẵng", "Huế", "Cần-Thơ", "Thủ-Đức", "Vũng-Tàu", "Mỹ-Tho", "Buôn-Ma-Thuột")
YEAR = 2026
FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Đặng", "Vũ", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
GIVEN_NAMES = ("Thị Hường", "Văn Đức", "Thùy Dương", "Ngọc Ánh", "Quốc Việt", "Thị Mỹ Lệ", "Hữu Phước", "Bảo Trâm")
REASONS = ("khách trả lại thuốc", "nhập sai số lô", "đơn thuốc đã hết hạn", "xuất nhầm cơ sở", "giá chưa đúng")


def shop_code(number: int) -> str:
    """The code of the pharmacy with this number, from 1: `NT-Hà-Nội-01`.

    Of four, two write composed letters, one combining marks, and one (`NT-Can-Tho-04`) no accents.
    """
    return _WAYS[number % len(_WAYS)](f"NT-{TOWNS[(number - 1) % len(TOWNS)]}-{number:02}")


def local_id(kind: DocumentKind, number: int, *, shop: str) -> str:
    """The id that this shop gives to its document: `HĐ-2026-000123`, in the shop's own way of writing."""
    return in_the_way_of(shop, f"{kind.prefix}-{YEAR}-{number:06}")


def text(kind: DocumentKind, chance: random.Random, *, shop: str) -> str:
    """The person that a document of this kind is about, or why it was cancelled, as this shop writes it."""
    if kind is CANCELLATION:
        return in_the_way_of(shop, chance.choice(REASONS))
    return in_the_way_of(shop, f"{chance.choice(FAMILY_NAMES)} {chance.choice(GIVEN_NAMES)}")


def in_the_way_of(shop: str, text: str) -> str:
    """The text as this shop writes its own code."""
    return next(way(text) for way in _WAYS if way(shop) == shop)


def _without_accents(text: str) -> str:
    plain = "".join(letter for letter in _combining(text) if not unicodedata.combining(letter))
    return plain.translate(str.maketrans("Đđ", "Dd"))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _combining(text: str) -> str:
    return unicodedata.normalize("NFD", text)


_WAYS = (_without_accents, _composed, _combining, _composed)
