"""MongoDB's URI: what pymongo reads is fine; what it would quote in an error is a sentence that shows nothing of it."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from common.database.mongo.client import make_client
from common.database.mongo.uri import uri_problem

SPECIAL = "#/?@:%[]\uff20 ab1"


@pytest.mark.parametrize("user", ["", "user:pw@", "u:p%40%2F%3A@", "u:p#w@", "u:p[w]@", "u:mật\uff20khẩu@"])
def test_what_pymongo_reads_is_fine(user: str) -> None:
    hosts = ["host", "h:27018", "a:1,b:2,c", "[::1]", "[::1]:27018,h", "[fe80::1%25eth0]:1", "%2Ftmp%2Fm.sock", "MÁY"]
    queries = [
        "",
        "?replicaSet=rs",
        "?a=1",
        "?appName=a@b&w=majority",
        "?readPreference=nearest&readPreferenceTags=dc:x&tls=true",
    ]
    for host, path, query in product(hosts, ["", "/", "/db.collection"], queries):
        uri = f"mongodb://{user}{host}{path}{query}"
        if "a=1" in query:
            with pytest.warns(UserWarning, match="Unknown option"):
                parse_uri(uri, warn=True)
        else:
            parse_uri(uri, warn=True)
        assert uri_problem(uri) is None, uri


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://host/?tls=true",
        "mongodb+srv://host.example.com",
        "mongodb+srv://u:p@h.example.com/db?w=majority",
        "mongodb+srv://u:p@h.example.com/?srvMaxHosts=2&srvServiceName=m",
    ],
)
def test_one_with_tls_or_in_dns_is_fine(uri: str) -> None:
    assert uri_problem(uri) is None


@given(password=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_password_that_is_escaped_is_read(password: str) -> None:
    uri = f"mongodb://u:{quote_plus(password)}@host/db"
    assert uri_problem(uri) is None
    assert parse_uri(uri)["password"] == password


@given(password=st.text(st.sampled_from(SPECIAL), min_size=1, max_size=8), behind=st.sampled_from(["", "/", "/db?w=1"]))
def test_any_password_is_read_or_refused_as_pymongo_would(password: str, behind: str) -> None:
    uri = f"mongodb://user:{password}@host:27018{behind}"
    read = None
    with suppress(PyMongoError, ValueError):
        read = parse_uri(uri)
    if uri_problem(uri) is None:
        assert read is not None
        assert read["nodelist"] == [("host", 27018)]
    elif read is not None:
        assert read["nodelist"] != [("host", 27018)], "a password that pymongo reads is refused"


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("mongodb://u:hunter/2@host", "write / as %2F"),
        ("mongodb://u:hunter?2@host", "write ? as %3F"),
        ("mongodb://u:12?34@host", "write ? as %3F"),
        ("mongodb://u:hunter@2@host", "write @ as %40"),
        ("mongodb://u:hunter:2@host", "write : as %3A"),
        ("mongodb://u:hunter%2@host", "write % as %25"),
        ("mongodb://:hunter2@host", "no user before it"),
        ("mongodb://u:p@x?hunter=2@host", "in a password it is written ? as %3F"),
        ("mongodb://u:hunter2", "is no port"),
        ("mongodb://host:0", "is no port"),
        ("mongodb://host:", "a port is missing"),
        ("mongodb://::1", "an IPv6 address is written as [::1]"),
        ("mongodb://a,,b", "a host is missing"),
        ("mongodb://", "a host is missing"),
        ("mongodb://hunter%41", "a % in a host"),
        ('mongodb://host/hunter"', "the name of a database"),
        ("mongodb://host/?hunter2", "name=value"),
        ("mongodb://host/?maxPoolSize=hunter2", "maxPoolSize cannot have this value"),
        ("mongodb://host/?tls=true&tlsCAFile=/hunter2", "tlsCAFile cannot have this value, or its file cannot be read"),
        ("mongodb://u:hun\nter2@host", "control character (U+000A)"),
        ("mongodb+srv://a.b.c:27017", "takes one host, without a port"),
        ("mongodb://hunter2@host", "A password is required"),
        ("mongodb+srv://hunter2@h.example.com", "A password is required"),
        ("mongodb://u:hunter2@host/?authMechanism=MONGODB-X509", "Passwords are not supported"),
        ("mongodb://host/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:hunter2", "does not take it"),
        (f"mongodb://host/?tls=true&tlsCAFile={__file__}", "no certificate or crl found"),
        ("mongodb://a,b/?directConnection=true", "multiple hosts with directConnection"),
        ("mongodb://u:pw@hunter$2/", "a character that no host's name has"),
        ("http://u:hunter2@host", "must begin with mongodb://"),
        ("host:27017", "must begin with mongodb://"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(uri: str, words: str) -> None:
    problem = uri_problem(uri) or ""
    assert words in problem
    assert "hunter" not in problem


def test_the_task_log_of_a_worker_service_is_told_so_too() -> None:
    with pytest.raises(PyMongoError, match="write / as %2F") as caught:
        make_client("mongodb://u:hunter/2@host", application="test")
    assert "hunter" not in str(caught.value)
