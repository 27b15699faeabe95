"""Statements about logins, users and permissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.sqlserver.engine.catalog.permissions import Level


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateLogin:
    """CREATE LOGIN name WITH PASSWORD = '...'; `check_policy` is ON unless it says OFF."""

    name: str
    password: str = field(repr=False)
    check_policy: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DropLogin:
    """DROP LOGIN name."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateUser:
    """CREATE USER name FOR LOGIN login; `login` is None for WITHOUT LOGIN."""

    name: str
    login: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DropUser:
    """DROP USER [IF EXISTS] name."""

    name: str
    if_exists: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AlterRole:
    """ALTER ROLE name ADD MEMBER or DROP MEMBER."""

    name: str
    member: str
    add: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePermissions:
    """GRANT, DENY or REVOKE (`verb`). `securable` is what stands behind ON; empty for the database that is current."""

    verb: str
    permissions: Sequence[str]
    level: Level
    securable: tuple[str, ...]
    principals: Sequence[str]


RightsStatement: TypeAlias = CreateLogin | DropLogin | CreateUser | DropUser | AlterRole | ChangePermissions
