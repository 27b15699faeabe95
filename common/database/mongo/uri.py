"""MongoDB's URI, taken apart before the driver sees it: the driver's errors and warnings quote parts of it.

Sources: MongoDB, "Connection strings"; pymongo 4.20, `uri_parser_shared`.
"""

from __future__ import annotations

import re
import warnings
from typing import Any
from urllib.parse import unquote_plus

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import split_options

from common.error_text import error_text
from common.urls import escapes, host_problem, misplaced, text_problem

SCHEMES = ("mongodb", "mongodb+srv")
_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_UNKNOWN = "Unknown option"
_NOT_IN_NAMES = frozenset('/ "$')


def uri_problem(uri: str) -> str | None:
    """What is wrong with a URI, in a sentence that shows no part of it; None: pymongo takes it. Asks no DNS."""
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme not in SCHEMES:
        return "must begin with mongodb:// or mongodb+srv://"
    if problem := text_problem(uri):
        return problem
    before, _, options = rest.partition("?")
    authority, _, database = before.partition("/")
    user, at, hosts = authority.rpartition("@")
    hosts_problem = _hosts_problem(hosts, is_srv=scheme == "mongodb+srv")
    # guard: mongo-uri-taken-apart
    if problem := misplaced(rest, authority, host_is_good=bool(at) or hosts_problem is None):
        return problem
    return (
        (_user_problem(user) if at else None)
        or hosts_problem
        or _database_problem(database)
        or _options_problem(options)
        or _client_problem(uri)
    )


def _user_problem(user: str) -> str | None:
    wrong = set(user) & {"@"} | ({":"} if user.count(":") > 1 else set()) | set(_PERCENT.findall(user))
    if wrong:
        return f"user or password hold a character that has a meaning: write {escapes(sorted(wrong))}"
    return "there is a password, and no user before it" if user.startswith(":") or not user else None


def _hosts_problem(hosts: str, *, is_srv: bool) -> str | None:
    each = hosts.split(",")
    if is_srv and (len(each) > 1 or ":" in hosts):
        return "mongodb+srv:// takes one host, without a port"
    if not all(each):
        return "a host is missing, or there is a comma too many"
    problems = (_host_problem(host) for host in each)
    return next((problem for problem in problems if problem), None)


def _host_problem(host: str) -> str | None:
    if host.endswith(".sock"):
        return None
    if host.startswith("["):
        # A zone, as in fe80::1%25eth0, is for the driver.
        return host_problem(re.sub(r"%25[^]]*", "", host), lowest_port=1)
    if "%" in host:
        return "a % in a host, where only a socket's path may have one"
    if host.endswith(":"):
        return "a port is missing behind the :"
    return host_problem(host, lowest_port=1)


def _database_problem(database: str) -> str | None:
    name = unquote_plus(database).partition(".")[0]
    return "behind the / stands the name of a database" if _NOT_IN_NAMES & set(name) else None


def _options_problem(options: str) -> str | None:
    if not options:
        return None
    if "&" in options and ";" in options:
        return "options behind the ? are parted by & alone"
    for option in re.split("[&;]", options):
        name, _, _ = option.partition("=")
        if option.count("=") != 1:
            return "what stands behind the ? is name=value, with & between them"
        error = _refused(option)
        if error and not error.startswith(_UNKNOWN):
            return f"{name} cannot have this value, or its file cannot be read: see MongoDB's connection strings"
        # guard: unknown-name-may-be-secret
        if error and "@" in options:
            return f"unknown options behind the ?; in a password it is written {escapes('?')}"
    return None


def _client_problem(uri: str) -> str | None:
    """What only a client finds out: options that exclude each other, a user without a password, a file that holds no
    certificate. DNS, which has the hosts of mongodb+srv://, is not asked: what is said of it is left out.
    """
    address, _, options = uri.partition("?")
    kept = [each for each in re.split("[&;]", options) if not each.lower().startswith("srv")]
    plain = address.replace("mongodb+srv://", "mongodb://", 1) + (f"?{'&'.join(kept)}" if options else "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            MongoClient[Any](plain, connect=False).close()
        except (PyMongoError, ValueError, OSError) as error:
            # Of these properties, which may be secret, the driver quotes some.
            said = "" if "authmechanismproperties" in options.lower() else f" ({error_text(error)})"
            # guard: mongo-client-takes-it
            return f"the driver does not take it{said}: see MongoDB's connection strings"
    return None


def _refused(option: str) -> str | None:
    """What the driver says against an option. One that it does not know it leaves out, with a warning that names it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            split_options(option, validate=True, warn=False)
        except Exception as error:
            return str(error)
    return None
