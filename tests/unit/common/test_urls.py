"""URLs of brokers: what kombu reads stays as it is; what it would misread is one sentence that shows nothing of it."""

from __future__ import annotations

from itertools import product
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.utils.url import url_to_parts

from common.urls import bare_host_problem, url_problem

PASSWORD = "mật$khẩu!-_.~*'()+,=&"
SPECIAL = "#/?@:%[]\uff20\uff0f\uff1f\uff03\uff1a\u2100"


@pytest.mark.parametrize("scheme", ["redis", "rediss", "sentinel", "amqp", "amqps"])
@pytest.mark.parametrize(
    "user", ["", ":pw@", "user:@", "user:pw@", f"u:{PASSWORD}@", "u:p:w@", "u:p@w@", "u:100%@", "@"]
)
def test_what_kombu_reads_is_fine(scheme: str, user: str) -> None:
    hosts = ["host", "host:6379", "10.0.0.1", "[::1]", "[fe80::1]:6379", "máy-chủ.vn", "a_b", "", ":6379", "host:"]
    for host, path, query in product(
        hosts, ["", "/", "/0", "//", "/sh%40op"], ["", "?a=1", "?a=x@y&b=/c:d", "?a=1;b=2"]
    ):
        url = f"{scheme}://{user}{host}{path}{query}"
        assert url_problem(url) is None, url
        parts = url_to_parts(url)
        assert (parts.hostname or "") == host.strip("[").partition("]")[0].removesuffix(":6379").strip(
            ":"
        ) or "::" in host
        assert (parts.password or "") == user.removesuffix("@").partition(":")[2], url


@pytest.mark.parametrize("url", ["redis+socket:///run/redis.sock", "redis+socket:///run/r.sock?virtual_host=2"])
def test_a_socket_is_fine(url: str) -> None:
    assert url_problem(url) is None


@given(password=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(len))
def test_any_password_that_is_escaped_is_read(password: str) -> None:
    url = f"redis://u:{quote(password, safe='')}@host:6379/0"
    assert url_problem(url) is None
    assert url_to_parts(url).password == password


@given(
    password=st.text(st.sampled_from(SPECIAL + "ab1"), min_size=1, max_size=8),
    host=st.sampled_from(["host", "host:6379", "[::1]:6379"]),
    behind=st.sampled_from(["", "/0", "/shop?a=1"]),
)
def test_any_password_that_is_not_escaped_is_refused_or_read_as_written(password: str, host: str, behind: str) -> None:
    url = f"amqp://user:{password}@{host}{behind}"
    if url_problem(url) is None:
        parts = url_to_parts(url)
        assert parts.hostname == host.strip("[").removesuffix(":6379").strip("]")
        assert quote(parts.password or "", safe="") in (quote(password, safe=""), quote(password, safe="%"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://:hunter#2@host/0", "write # as %23"),
        ("redis://:hunter/2@host/0", "write / as %2F"),
        ("redis://u:12/34@host/0", "write / as %2F"),
        ("redis://:hunter?2@host/0", "write ? as %3F"),
        ("redis://u:12?34@host/0", "write ? as %3F"),
        ("redis://:h#u/n?ter@host", "write # as %23, / as %2F and ? as %3F"),
        ("amqp://u:hun@ter/2@host/0", "write / as %2F"),
        ("amqp://u:p@host/hunter@shop", "an @ behind the host is written %40"),
        ("redis://:hunter\uff202@host", "write U+FF20 as %EF%BC%A0"),
        ("redis://:hunter\u21002@host", "write U+2100 as %E2%84%80"),
        ("redis://:hun[ter]2@host", "write [ as %5B and ] as %5D"),
        ("redis://:hun\tter2@host", "a control character (U+0009)"),
        ("redis://:hun\udcffter2@host", "is not UTF-8"),
        ("redis://:hunter2@host/0\n", "begins or ends with a space or a line's end"),
        ("redis://hunter2@host/0", "a user without a password: write :password@host"),
        ("redis://u:pw@hunter$2/0", "a character that no host's name has"),
        ("redis://${hunter2}:6379/0", "a character that no host's name has"),
        ("redis://u:hunter2", "is no port"),
        ("redis://host:65536/0", "is no port"),
        ("redis://host:\uff16\uff13\uff17\uff19/0", "is no port"),
        ("redis://::1:6379/0", "an IPv6 address is written as [::1]"),
        ("redis://[::1/0", "an IPv6 address is written as [::1]"),
        ("redis://[hunter2]:1/0", "an IPv6 address is written as [::1]"),
        ("redis://one:1,two:2/0", "write a whole URL for each"),
        ("redis://:hunter2@two..dots/0", "an empty part"),
        ("amqp://u:hunter2@.:1//", "an empty part"),
        ("redis://host/0#hunter2", "write # as %23"),
        ("host:6379", "must be a URL"),
        ("hunter2", "must be a URL"),
        ("://hunter2@host", "must be a URL"),
        (":hunter2@redis://host", "must be a URL"),
        ("", "must be a URL"),
    ],
)
def test_what_cannot_be_read_is_told_by_the_character_to_escape(url: str, words: str) -> None:
    problem = url_problem(url) or ""
    assert words in problem
    assert "hunter" not in problem
    assert problem.isprintable()


@pytest.mark.parametrize("host", ["localhost", "redis-1.example", "10.0.0.1", "::1", "fe80::1", "[::1]", "máy-chủ", ""])
def test_a_host_alone_is_fine(host: str) -> None:
    assert bare_host_problem(host) is None
