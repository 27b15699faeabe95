"""The URLs of BROKER_URL, looked at before a library sees them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from common.config import SettingsError
from common.urls import url_problem

SUPPORTED = "relay needs Redis (redis://, rediss://, redis+socket://, sentinel://) or RabbitMQ (amqp://, amqps://)"


def with_scheme_in_lower_case(url: str) -> str:
    """The same URL, as kombu knows its scheme."""
    scheme, colon, rest = url.partition("://")
    return f"{scheme.lower()}{colon}{rest}" if colon else url


def check_readable(urls: Sequence[str]) -> None:
    """Raise SettingsError, which shows no part of a URL, before a library sees it."""
    if not urls or "://" not in urls[0]:
        raise SettingsError(f"BROKER_URL: must be a URL, as redis://host:6379/0; {SUPPORTED}")
    scheme = urls[0].partition("://")[0]
    if any("://" not in url and re.search("[:@/?#]", url) for url in urls):
        # kombu treats a bare entry as a host, whatever else it says.
        raise SettingsError(f"BROKER_URL: write {scheme}:// before each address, and a ; in a password as %3B")
    for url in urls:
        # guard: broker-url-read
        if "://" in url and (problem := url_problem(url)):
            raise SettingsError(f"BROKER_URL: {problem}")
