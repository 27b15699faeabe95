"""How the connection to the broker is encrypted, and by which certificates: Celery's `broker_use_ssl`.

Given as the option `ssl` in RELAY_BROKER_OPTIONS, or for Redis as `ssl_...` behind the `?` of BROKER_URL. Kombu would
let those in the URL replace the others, and checks no certificate of a bare rediss:// (kombu 5.7, `_init_params`).

Sources: redis-py 8, `SSLConnection`; py-amqp 5.4, `SSLTransport._wrap_socket_sni`; kombu 5.7, `parse_ssl_cert_reqs`.
"""

from __future__ import annotations

import inspect
import os
import ssl
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import SSLConnection

from common.config import SettingsError
from relay.broker.certificates import VERSIONS, problem_with, version

_OBJECTS = {"ssl_ocsp_context", "ssl_ocsp_expected_cert", "ssl_include_verify_flags", "ssl_exclude_verify_flags"}
"""What nobody can write as a text."""
REDIS = frozenset(
    name
    for name in inspect.signature(SSLConnection.__init__).parameters
    if name.startswith("ssl_") and name not in _OBJECTS
)
RABBITMQ = frozenset(("keyfile", "certfile", "ca_certs", "cert_reqs", "server_hostname", "ciphers", "context")) | {
    "tls_maximum_version",
    "tls_minimum_version",
}
_TRUTHS = ("check_hostname", "validate_ocsp", "validate_ocsp_stapled")
_VERSIONS = ("min_version", "tls_minimum_version", "tls_maximum_version")
_FILES = ("ca_certs", "certfile", "keyfile")
_SECURE = ("rediss", "amqps")

Encryption = dict[str, Any] | bool
"""For `broker_use_ssl`; False: none."""


def encryption_of(urls: Sequence[str], given: Any, in_urls: Mapping[str, Any], known: Collection[str]) -> Encryption:
    """What `broker_use_ssl` has to be. The server's certificate is checked unless somebody says otherwise.

    `given`: the option `ssl`. `in_urls`: the options in the URLs' queries, without the URLs. `known`: REDIS or
    RABBITMQ. Raises SettingsError, which shows no value.
    """
    if given is not None and not isinstance(given, bool | dict):
        raise SettingsError("RELAY_BROKER_OPTIONS: ssl must be true, false or an object, as Celery's broker_use_ssl")
    is_secure = any(url.partition("://")[0].lower() in _SECURE for url in urls)
    if given is False and is_secure:
        raise SettingsError("RELAY_BROKER_OPTIONS: ssl is false, and BROKER_URL's scheme encrypts: leave one out")
    if not given and not in_urls and not is_secure:
        return False
    chosen = _checked(given if isinstance(given, dict) else {}, known, "RELAY_BROKER_OPTIONS: ssl:")
    for name, value in _checked(in_urls, known, "BROKER_URL:").items():
        if chosen.setdefault(name, value) != value:
            raise SettingsError(f"BROKER_URL: {name} is said twice, and differently: leave one out")
    # guard: certificates-tried
    if problem := problem_with({name.removeprefix("ssl_"): value for name, value in chosen.items()}):
        where = "BROKER_URL and RELAY_BROKER_OPTIONS" if in_urls else "RELAY_BROKER_OPTIONS"
        raise SettingsError(f"{where}: ssl: {problem}")
    if known is RABBITMQ:
        return {**_for_py_amqp(urls, chosen), **chosen}
    # guard: certificates-checked
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, **chosen}


def _for_py_amqp(urls: Sequence[str], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """It compares the certificate's names only with one that it is told, the same for each host of a failover."""
    if chosen.get("cert_reqs") in (ssl.CERT_NONE, ssl.CERT_OPTIONAL) or "context" in chosen:
        return {}
    hosts = {urlsplit(f"http://{url.partition('://')[2]}").hostname for url in urls}
    # guard: name-in-the-certificate
    named = {"server_hostname": hosts.pop() or "localhost"} if len(hosts) == 1 else {}
    return {"cert_reqs": ssl.CERT_REQUIRED, **named}


def _checked(given: Mapping[str, Any], known: Collection[str], where: str) -> dict[str, Any]:
    return {name: _value(name, value, known, where) for name, value in given.items()}


def _value(name: str, value: Any, known: Collection[str], where: str) -> Any:
    plain = name.removeprefix("ssl_")
    if name not in known:
        raise SettingsError(f"{where} there is no option {name}; there are: {', '.join(sorted(known))}")
    if plain == "cert_reqs":
        return _mode(name, value, where)
    # guard: truths-of-tls
    if plain in _TRUTHS:
        return _truth(name, value, where)
    # guard: versions-of-tls
    if plain in _VERSIONS:
        return _version(name, value, where)
    if plain in _FILES and not _is_file(value):
        raise SettingsError(f"{where} {name} must be a file that relay may read, and there is none of this name")
    return value


def _mode(name: str, value: Any, where: str) -> ssl.VerifyMode:
    """`required`, `CERT_REQUIRED` and so on as Python's ssl has it, which both libraries take."""
    mode = getattr(ssl, f"CERT_{str(value).upper().removeprefix('CERT_')}", None)
    if not isinstance(mode, ssl.VerifyMode):
        raise SettingsError(f"{where} {name} must be required, optional or none")
    return mode


def _truth(name: str, value: Any, where: str) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise SettingsError(f"{where} {name} must be true or false")
    return text == "true"


def _version(name: str, value: Any, where: str) -> ssl.TLSVersion:
    if (found := version(value)) is None:
        raise SettingsError(f"{where} {name} must be one of {', '.join(VERSIONS)}")
    return found


def _is_file(value: Any) -> bool:
    try:
        # A pipe would be waited for when it is opened.
        return Path(value).is_file() and os.access(value, os.R_OK)
    except (OSError, TypeError, ValueError):
        return False
