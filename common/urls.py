"""URLs of services, taken apart before a library sees them: libraries quote in their errors what they cannot read.

What is wrong with one is a sentence that names the character to escape, and shows no part of the URL.

Sources: RFC 3986, 3.2; kombu 5.7, `url_to_parts`, which reads the URL as urllib reads one of HTTP; Python's
`urllib.parse.urlsplit`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_OPTION = re.compile(r"\w+=")
_DELIMITERS = re.compile("[/?#]")
_NOT_IN_HOSTS = re.compile(r"[^\w.:%\[\]-]")
_HAVE_A_MEANING = frozenset("/?#@:")
"""What urllib does not let a wider character of the same meaning stand for."""
HIGHEST_PORT = 65535


def url_problem(url: str) -> str | None:
    """What is wrong with a broker's URL, one of several; None: kombu reads it as its writer does."""
    scheme, separator, rest = url.partition("://")
    if problem := text_problem(url):
        return problem
    if not separator or not _SCHEME.fullmatch(scheme):
        return "must be a URL, as redis://host:6379/0"
    end = _DELIMITERS.search(rest)
    authority, behind = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    # guard: url-taken-apart
    if problem := misplaced(rest, authority, host_is_good="@" in authority or host_problem(authority) is None):
        return problem
    if "#" in behind:
        return f"a # begins what nobody reads: write {escapes('#')}"
    user, _, host = authority.rpartition("@")
    return user_problem(user) or host_problem(host) or _unreadable(rest)


def text_problem(text: str) -> str | None:
    """What no URL and no host's name may hold."""
    if text != text.strip():
        return "begins or ends with a space or a line's end: leave it out"
    # guard: control-characters
    if odd := sorted({one for one in text if unicodedata.category(one) in ("Cc", "Cs")}):
        names = ", ".join(f"U+{ord(one):04X}" for one in odd if not "\ud800" <= one <= "\udfff")
        return f"holds a control character ({names}): escape it as %XX, or leave it out" if names else "is not UTF-8"
    return None


def misplaced(rest: str, authority: str, *, host_is_good: bool) -> str | None:
    """What is wrong where an @ stands behind the host: user or password hold a character that ends the host.

    `rest`: all behind `://`. `authority`: its beginning, up to the first character that ends it; `host_is_good`:
    whether that can be user, password and host.
    """
    path, _, query = rest.removeprefix(authority).partition("?")
    in_options = all(_OPTION.match(one) for one in re.split("[&;]", query) if "@" in one)
    if "@" not in path + query or ("@" not in path and in_options and host_is_good):
        return None
    ending = sorted(set(_DELIMITERS.findall(rest[: rest.rindex("@")])))
    return f"user or password hold what ends them: write {escapes(ending)}; an @ behind the host is written %40"


def user_problem(user: str) -> str | None:
    """What is wrong with `user:password`, for urllib."""
    if wide := [
        one for one in user if one not in _HAVE_A_MEANING and _HAVE_A_MEANING & set(unicodedata.normalize("NFKC", one))
    ]:
        return (
            f"user or password hold a wide form of a character that has a meaning: write {escapes(sorted(set(wide)))}"
        )
    if brackets := sorted(set(user) & set("[]")):
        return f"user or password hold a bracket: write {escapes(brackets)}"
    # A user's name is no secret to the libraries: they print it.
    # guard: no-user-alone
    if user and ":" not in user:
        return "before the @ stands a user without a password: write :password@host, or user:password@host"
    return None


def host_problem(text: str, *, lowest_port: int = 0) -> str | None:
    """What is wrong with `host:port`, where each may be left out."""
    if problem := _no_host(text):
        return problem
    if text.startswith("["):
        address, bracket, port = text[1:].partition("]")
        if not bracket or not _is_ipv6(address) or (port and not port.startswith(":")):
            return "an IPv6 address is written as [::1], and a port as [::1]:6379"
        port = port[1:]
    elif text.count(":") > 1:
        return "more than one : in the host: an IPv6 address is written as [::1], and a : in a password as %3A before @"
    else:
        name, _, port = text.partition(":")
        if problem := name_problem(name):
            return problem
    return _port_problem(port, lowest_port)


def _port_problem(port: str, lowest_port: int) -> str | None:
    if not port:
        return None
    if not (port.isascii() and port.isdigit() and lowest_port <= int(port[:9]) <= HIGHEST_PORT):
        return (
            f"what stands behind the host's : is no port, a number up to {HIGHEST_PORT}; if it is part of a password:"
            f" special characters there are written as {escapes('#/?@:%')}"
        )
    return None


def _no_host(text: str) -> str | None:
    if "," in text:
        return "holds several hosts: write a whole URL for each, with ; between them"
    # guard: host-of-letters
    if _NOT_IN_HOSTS.search(text):
        return (
            "the host holds a character that no host's name has; if it is part of a password: special characters there"
            f" are written as {escapes('#/?@:%')}"
        )
    return None


def name_problem(name: str) -> str | None:
    """What is wrong with a host's name, for Python's look-up, which raises UnicodeError (RFC 1035, 2.3.4)."""
    try:
        name.encode("idna")
    except UnicodeError:
        # guard: name-that-can-be-looked-up
        return "the host's name has an empty part, or one that is longer than 63: a name is like redis.example"
    return None


def bare_host_problem(text: str) -> str | None:
    """What is wrong with a setting that is a host alone."""
    if "://" in text or "@" in text or "/" in text:
        return "is the host alone: write a URL as BROKER_URL"
    if problem := text_problem(text):
        return problem
    if is_bare_ipv6(text):
        return None
    if ":" in text and not text.startswith("["):
        return "is the host alone: write the port as REDIS_PORT"
    if "]:" in text or re.search(r"[?#,;\s]", text):
        return "is the host alone, without a port or anything else"
    return host_problem(text)


def is_bare_ipv6(text: str) -> bool:
    """Whether this is an IPv6 address without brackets."""
    return ":" in text and _is_ipv6(text)


def escapes(characters: Iterable[str]) -> str:
    """How these are written: `# as %23 and ? as %3F`; what is not ASCII is named by its number."""
    each = [f"{one if one.isascii() else f'U+{ord(one):04X}'} as {quote(one, safe='')}" for one in characters]
    return " and ".join(filter(None, [", ".join(each[:-1]), each[-1]]))


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _unreadable(rest: str) -> str | None:
    """Whatever else urllib refuses, in this version of Python or another."""
    try:
        urlsplit(f"http://{rest}").port  # noqa: B018 - raises
    except ValueError:
        return f"cannot be read: special characters in user and password are written as {escapes('#/?@:%')}"
    return None
