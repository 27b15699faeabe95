"""Certificates and the other options of TLS, tried before a library has them: what it would stumble over at each try to
connect is one line at the start.

The options bear the names that both libraries have for them, without redis-py's `ssl_`.

Sources: redis-py 8, `SSLConnection._wrap_socket_with_ssl`; py-amqp 5.4, `SSLTransport._wrap_socket_sni`.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any

VERSIONS = tuple(each.name for each in ssl.TLSVersion if each.name.startswith("TLSv"))


def version(name: object) -> ssl.TLSVersion | None:
    """`TLSv1_2`, `TLSv1.2` or `1.2` as Python's ssl has it; None: there is none of this name."""
    text = f"TLSv{str(name).lower().removeprefix('tlsv')}".replace(".", "_")
    return ssl.TLSVersion[text] if text in VERSIONS else None


def problem_with(options: Mapping[str, Any]) -> str | None:
    """What is wrong with these options, in a sentence that begins with their names; None: a connection takes them."""
    if options.get("keyfile") and not options.get("certfile"):
        return "keyfile is there without certfile: name the file of the certificate, too"
    return next((problem for try_out, problem in _TRIED if not _is_taken(try_out, options)), None)


def _is_taken(try_out: Callable[[ssl.SSLContext, Mapping[str, Any]], None], options: Mapping[str, Any]) -> bool:
    try:
        try_out(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), options)
    except (OSError, ValueError, TypeError):
        # ssl.SSLError is an OSError.
        return False
    return True


def _load_authorities(context: ssl.SSLContext, options: Mapping[str, Any]) -> None:
    where = [options.get(name) for name in ("ca_certs", "ca_path", "ca_data")]
    # guard: authorities-loaded
    if any(each is not None for each in where):
        context.load_verify_locations(*where)


def _load_own(context: ssl.SSLContext, options: Mapping[str, Any]) -> None:
    # guard: own-certificate-loaded
    if certificate := options.get("certfile"):
        # Without a password OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate, options.get("keyfile"), options.get("password") or "")


def _set_ciphers(context: ssl.SSLContext, options: Mapping[str, Any]) -> None:
    # guard: ciphers-set
    if (ciphers := options.get("ciphers")) is not None:
        context.set_ciphers(ciphers)


def _make_context(_: ssl.SSLContext, options: Mapping[str, Any]) -> None:
    if (given := options.get("context")) is not None:
        ssl.create_default_context(**given)


_TRIED = (
    (_load_authorities, "ca_certs, ca_path or ca_data hold no certificate of an authority: name its PEM file"),
    (
        _load_own,
        "certfile and keyfile are no certificate and its key in PEM files, do not belong together, or the key's"
        " password is missing or wrong",
    ),
    (_set_ciphers, "ciphers is no list of ciphers that OpenSSL has"),
    (_make_context, "context must be an object, as Python's ssl.create_default_context takes it"),
)
