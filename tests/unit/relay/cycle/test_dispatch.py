"""From a row to a dispatch, or to the reason why it cannot be sent."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from common.database.records import ChangedRow, Dispatch, TaskStatus, WindowHeader
from relay.broker.message import render_args
from relay.cycle.dispatch import make_dispatch
from relay.cycle.rejections import FAR_TOO_LONG, LONGEST_ARGUMENTS, LONGEST_BUSINESS_ID, RejectionCode
from relay.sources.builtin import SALE

WINDOW = WindowHeader(
    source="default.sale",
    task="sale.process_sale",
    queue="sale_queue",
    id="cycle",
    epoch="epoch",
    number=3,
    generation=5,
)


def _prepared(*args: Any, key: tuple[Any, ...] = ("NT-01", "HD-1"), version: int | None = 42) -> Dispatch:
    row = ChangedRow(version=version, key=key, args=args)
    return make_dispatch(SALE, WINDOW, row, 7, render_args)


def test_a_row_becomes_a_dispatch_of_its_window() -> None:
    dispatch = _prepared("HD-1", "NT-01")
    assert dispatch == Dispatch(
        id=dispatch.id,
        window=WINDOW,
        args='["HD-1", "NT-01"]',
        seq=7,
        business_id="HD-1",
        key=("NT-01", "HD-1"),
        change_version=42,
        status=TaskStatus.PREPARED,
        error=None,
    )


def test_a_business_id_is_text() -> None:
    assert _prepared(17, "NT-01").business_id == "17"


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ((None, "NT-01"), "local_invoice_id is NULL"),
        (("HD-1", None), "shop_pharmacy_code is NULL"),
        ((None, None), "local_invoice_id, shop_pharmacy_code is NULL"),
    ],
)
def test_a_row_with_a_missing_argument_is_rejected(args: tuple[Any, ...], named: str) -> None:
    dispatch = _prepared(*args)
    assert (dispatch.status, dispatch.seq, dispatch.args) == (TaskStatus.REJECTED, None, "")
    assert dispatch.error == f"{named} in dbo.SalesInvoices: set it and the row is taken again"
    with pytest.raises(ValueError, match="has no offset"):
        _ = dispatch.offset


def test_a_row_whose_arguments_are_no_json_is_rejected() -> None:
    dispatch = _prepared(object(), "NT-01")
    assert dispatch.status is TaskStatus.REJECTED
    assert dispatch.error is not None
    assert dispatch.error.startswith(f"{SALE.args[0]} (object) cannot be sent as JSON: ")
    assert "NT-01" not in dispatch.error
    assert "0x" not in dispatch.error


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_know_is_rejected(value: float) -> None:
    assert _prepared("HD-1", value).status is TaskStatus.REJECTED


@pytest.mark.parametrize(
    ("args", "key", "named"),
    [
        (("HD-\ud800", "NT-01"), ("NT-01", "HD-1"), "local_invoice_id"),
        (("HD-1", "\udfffNT"), ("NT-01", "HD-1"), "shop_pharmacy_code"),
        (("HD-1", "NT-01"), ("NT-01", "\ud83d"), "its key"),
        (("\ud83d", "NT-01"), ("NT-01", "\ud83d"), "local_invoice_id, its key"),
    ],
)
def test_half_of_a_surrogate_pair_is_rejected_and_written_out(
    args: tuple[Any, ...], key: tuple[Any, ...], named: str
) -> None:
    dispatch = _prepared(*args, key=key)
    assert dispatch.status is TaskStatus.REJECTED
    assert dispatch.error == (
        f"{named} holds half of a surrogate pair, which is no text in UTF-8: correct it and the row is taken again"
    )
    assert dispatch.business_id is not None
    assert dispatch.business_id.encode()
    for part, kept in zip(key, dispatch.key, strict=True):
        assert kept == (part if part.isascii() else part.encode("utf-16-le", "surrogatepass"))


def test_whole_surrogate_pairs_are_text() -> None:
    dispatch = _prepared("HD-\U0001f48a", "Nhà thuốc")
    assert dispatch.status is TaskStatus.PREPARED
    assert dispatch.business_id == "HD-\U0001f48a"


def test_a_business_id_that_is_too_long_is_rejected_and_cut_off() -> None:
    assert _prepared("x" * LONGEST_BUSINESS_ID, "NT-01").status is TaskStatus.PREPARED
    dispatch = _prepared("x" * (LONGEST_BUSINESS_ID + 1), "NT-01")
    assert dispatch.business_id == "x" * LONGEST_BUSINESS_ID
    assert dispatch.error == (
        "local_invoice_id has 501 characters, and a business id 500 at most: shorten it and the row is taken again"
    )


def test_arguments_that_are_too_long_are_rejected() -> None:
    dispatch = _prepared("HD-1", "x" * LONGEST_ARGUMENTS)
    assert (dispatch.status, dispatch.args) == (TaskStatus.REJECTED, "")
    assert dispatch.error is not None
    assert dispatch.error.startswith("the arguments have 1000012 characters, and 1000000 at most are sent")


def test_a_text_that_is_far_too_long_is_not_written_as_json_first() -> None:
    def render(_: tuple[Any, ...]) -> str:
        raise AssertionError("it takes several times its length")

    row = ChangedRow(version=1, key=("NT-01", "HD-1"), args=("HD-1", "ệ" * (FAR_TOO_LONG + 1)))
    dispatch = make_dispatch(SALE, WINDOW, row, 7, render)
    assert dispatch.reason == RejectionCode.ARGUMENTS_TOO_LONG


def test_a_rejected_row_without_a_business_id_has_none() -> None:
    assert _prepared(None, "NT-01").business_id is None


def test_empty_text_and_zero_are_not_missing() -> None:
    assert _prepared("", 0).args == '["", 0]'


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        (dt.date(2026, 3, 1), "2026-03-01"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.50"), "1.50"),
        (Decimal("0.0000000001"), "0.0000000001"),
        (Decimal("0E-10"), "0.0000000000"),
        (Decimal("-1E+3"), "-1000"),
        (0.1, 0.1),
        (True, True),
        (b"\x00\xff", b"\x00\xff"),
        ("Nhà thuốc", "Nhà thuốc"),
        ("\ud83d", b"\x3d\xd8"),
        ("\\ud83d", "\\ud83d"),
        (7, 7),
        (2**62, 2**62),
        ("text", "text"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_keys_are_kept_as_the_log_can_hold_them(part: Any, kept: Any) -> None:
    assert _prepared("HD-1", "NT-01", key=("NT-01", part)).key == ("NT-01", kept)


def test_a_rejected_row_is_not_promised_what_its_watched_columns_do_not_keep() -> None:
    source = replace(SALE, watch=("status", "note"))
    row = ChangedRow(version=42, key=("NT-01", "HD-1"), args=(None, "NT-01"))
    dispatch = make_dispatch(source, WINDOW, row, 7, render_args)
    assert dispatch.error == (
        "local_invoice_id is NULL in dbo.SalesInvoices: set it and write status or note anew:"
        " then the row is taken again"
    )


def test_keys_that_look_alike_are_kept_apart() -> None:
    half, its_name = "\ud83d", "\\ud83d"
    assert _prepared("HD-1", "NT-01", key=(half,)).key != _prepared("HD-1", "NT-01", key=(its_name,)).key
