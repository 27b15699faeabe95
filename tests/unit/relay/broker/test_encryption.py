"""Encrypted brokers: certificates are checked unless somebody says otherwise, wherever the options stand."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.support.tls import Authority
from tests.unit.relay.broker.given import SECRET, broker_of, problems_of


@pytest.mark.parametrize(
    ("url", "given", "wanted"),
    [
        ("redis://host", None, False),
        ("redis://host", False, False),
        ("redis://host", True, {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        ("rediss://host", None, {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        ("REDISS://host", {}, {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        ("redis://one;rediss://two", None, {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        ("sentinel://host", True, {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        (
            "rediss://host?ssl_check_hostname=false",
            None,
            {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": False},
        ),
        ("amqp://host", None, False),
        ("amqp://host", True, {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "host"}),
        ("amqps://", None, {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "localhost"}),
        ("amqps://u:p@[::1]:5671//", None, {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "::1"}),
        ("amqps://host", {"server_hostname": "other"}, {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "other"}),
        ("amqps://one;amqps://two", None, {"cert_reqs": ssl.CERT_REQUIRED}),
        ("amqps://host", {"cert_reqs": "none"}, {"cert_reqs": ssl.CERT_NONE}),
    ],
)
def test_ssl_is_celerys_broker_use_ssl(url: str, given: Any, wanted: Any) -> None:
    broker = broker_of(url, {} if given is None else {"ssl": given})
    assert broker.configuration()["broker_use_ssl"] == wanted
    assert "ssl" not in broker.options
    assert "ssl" not in broker.url.partition("?")[2]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("CERT_REQUIRED", ssl.CERT_REQUIRED),
        ("required", ssl.CERT_REQUIRED),
        ("CERT_OPTIONAL", ssl.CERT_OPTIONAL),
        ("optional", ssl.CERT_OPTIONAL),
        ("CERT_NONE", ssl.CERT_NONE),
        ("none", ssl.CERT_NONE),
        ("None", ssl.CERT_NONE),
    ],
)
def test_each_spelling_of_kombus_is_taken_in_either_place(text: str, mode: ssl.VerifyMode) -> None:
    assert broker_of(f"rediss://host?ssl_cert_reqs={text}").ssl == {"ssl_cert_reqs": mode}
    assert broker_of("rediss://host", {"ssl": {"ssl_cert_reqs": text}}).ssl == {"ssl_cert_reqs": mode}


def test_what_stands_in_the_url_joins_what_stands_in_the_options(tmp_path: Path) -> None:
    ours = Authority(tmp_path / "ca @ home")
    own = ours.sign("khóa")
    broker = broker_of(
        f"rediss://host?ssl_ca_certs={ours.file}",
        {"ssl": {"ssl_certfile": str(own.certificate), "ssl_keyfile": str(own.key)}},
    )
    assert broker.ssl == {
        "ssl_ca_certs": str(ours.file),
        "ssl_certfile": str(own.certificate),
        "ssl_keyfile": str(own.key),
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
    }


@pytest.mark.parametrize(
    ("url", "options", "line"),
    [
        ("rediss://h", {"ssl": False}, "RELAY_BROKER_OPTIONS: ssl is false, and BROKER_URL's scheme encrypts"),
        (f"rediss://h?ssl_ca_certs=/{SECRET}", None, "BROKER_URL: ssl_ca_certs must be a file that relay may read"),
        ("amqps://h", {"ssl": {"ca_certs": SECRET}}, "RELAY_BROKER_OPTIONS: ssl: ca_certs must be a file"),
        ("amqps://h", {"ssl": {"ca_certs": 5}}, "RELAY_BROKER_OPTIONS: ssl: ca_certs must be a file"),
        ("rediss://h?ssl_certfiel=x", None, "BROKER_URL: there is no option ssl_certfiel; there are: ssl_ca_certs"),
        (f"rediss://h?ssl_check_hostname={SECRET}", None, "BROKER_URL: ssl_check_hostname must be true or false"),
        (f"rediss://h?ssl_validate_ocsp={SECRET}", None, "BROKER_URL: ssl_validate_ocsp must be true or false"),
        (f"rediss://h?ssl_min_version={SECRET}", None, "BROKER_URL: ssl_min_version must be one of TLSv1, TLSv1_1,"),
        ("amqps://h", {"ssl": {"tls_minimum_version": [1]}}, "RELAY_BROKER_OPTIONS: ssl: tls_minimum_version must be"),
        (f"rediss://h?ssl_ciphers={SECRET}", None, "BROKER_URL and RELAY_BROKER_OPTIONS: ssl: ciphers is no list"),
        ("amqps://h", {"ssl": {"ciphers": 5}}, "RELAY_BROKER_OPTIONS: ssl: ciphers is no list"),
        (f"rediss://h?ssl_ca_data={SECRET}", None, "BROKER_URL and RELAY_BROKER_OPTIONS: ssl: ca_certs, ca_path or"),
        ("amqps://h", {"ssl": {"context": SECRET}}, "RELAY_BROKER_OPTIONS: ssl: context must be an object"),
        (
            f"rediss://h?ssl_keyfile={__file__}",
            None,
            "BROKER_URL and RELAY_BROKER_OPTIONS: ssl: keyfile is there without",
        ),
        ("rediss://h", {"ssl": {"ssl_cert_reqs": [SECRET]}}, "RELAY_BROKER_OPTIONS: ssl: ssl_cert_reqs must be"),
        (
            "rediss://h?ssl_cert_reqs=none",
            {"ssl": {"ssl_cert_reqs": "required"}},
            "BROKER_URL: ssl_cert_reqs is said twice, and differently: leave one out",
        ),
        (
            "rediss://one?ssl_cert_reqs=none;rediss://two?ssl_cert_reqs=required",
            None,
            "BROKER_URL: ssl_cert_reqs is said twice, and differently: leave one out",
        ),
    ],
)
def test_what_cannot_be_is_one_line(url: str, options: Any, line: str) -> None:
    [problem] = problems_of(url, options)
    assert problem.startswith(line)


@pytest.mark.parametrize("text", ["TLSv1_2", "TLSv1.2", "1.2", "tlsv1_2"])
def test_a_version_is_written_as_a_text(text: str) -> None:
    """Once redis-py and py-amqp got the text, and each try to connect was a TypeError."""
    assert broker_of(f"rediss://h?ssl_min_version={text}").ssl == {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_min_version": ssl.TLSVersion.TLSv1_2,
    }


def test_certificates_are_tried_before_anything_connects(tmp_path: Path) -> None:
    """Once the key of another certificate, a password that is missing, and a key in the CA's place were met by each
    try to connect alone; OpenSSL asked for the password on the terminal."""
    ours = Authority(tmp_path / "ours")
    one, other = ours.sign("one"), ours.sign("other")
    locked = tmp_path / "locked.key"
    key = load_pem_private_key(one.key.read_bytes(), None)
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())))
    wrong = [
        {"ssl_ca_certs": str(one.key)},
        {"ssl_certfile": str(one.certificate), "ssl_keyfile": str(other.key)},
        {"ssl_certfile": str(one.certificate)},
        {"ssl_certfile": str(one.certificate), "ssl_keyfile": str(locked)},
        {"ssl_certfile": str(one.certificate), "ssl_keyfile": str(locked), "ssl_password": "another"},
    ]
    for options in wrong:
        [problem] = problems_of("rediss://h", {"ssl": options})
        assert "ca_certs" in problem or "do not belong together" in problem
    right = {"ssl_certfile": str(one.certificate), "ssl_keyfile": str(locked), "ssl_password": SECRET}
    assert broker_of("rediss://h", {"ssl": right}).ssl == {**right, "ssl_cert_reqs": ssl.CERT_REQUIRED}
