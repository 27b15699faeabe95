"""Functions about logins, users and what they may do."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.functions.signature import Function, as_type, check_count, fact
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import INT, SYSNAME, nvarchar


def _own_login(arguments: list[exp.Expression]) -> None:
    if arguments:
        raise unsupported("the name of another login")


_LOGIN = fact(_own_login, "$login", SYSNAME)


def _user(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if not arguments:
        return translator.context.fact("$user", SYSNAME)
    check_count("user_name", arguments, 1)
    number = as_type(translator, arguments[0], scope, INT).sql
    return Value(sql=f"(SELECT name FROM _principals WHERE principal_id = {number})", type=SYSNAME)


def _user_id(name: str) -> Function:
    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        if arguments:
            check_count(name, arguments, 1)
            wanted = as_type(translator, arguments[0], scope, SYSNAME).sql
        else:
            wanted = translator.context.fact("$user", SYSNAME).sql
        seen = "tsql_sees_principal(principal_id)"
        return Value(sql=f"(SELECT principal_id FROM _principals WHERE name = {wanted} AND {seen})", type=INT)

    return translate


def _login_id(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    wanted = translator.context.fact("$login", SYSNAME)
    if arguments:
        check_count("suser_id", arguments, 1)
        wanted = as_type(translator, arguments[0], scope, SYSNAME)
    found = f"json_extract(value, '$.name') = {wanted.sql} COLLATE TSQL"
    return Value(sql=f"(SELECT json_extract(value, '$.id') FROM json_each(tsql_logins()) WHERE {found})", type=INT)


def _has_perms(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) > 3:
        raise unsupported("HAS_PERMS_BY_NAME of a part of a securable")
    check_count("has_perms_by_name", arguments, 3)
    asked = ", ".join(as_type(translator, argument, scope, nvarchar(4000)).sql for argument in arguments)
    return Value(sql=f"tsql_has_perms({asked})", type=INT)


def _is_member(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("is_member", arguments, 1)
    return Value(sql=f"tsql_is_member({as_type(translator, arguments[0], scope, SYSNAME).sql}, NULL)", type=INT)


def _is_rolemember(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) not in (1, 2):
        raise SqlError(189, "The is_rolemember function requires 1 to 2 arguments.", severity=15)
    asked = [as_type(translator, argument, scope, SYSNAME).sql for argument in arguments]
    return Value(sql=f"tsql_is_member({asked[0]}, {asked[1] if len(asked) > 1 else 'NULL'})", type=INT)


def _is_srvrolemember(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) > 1:
        raise unsupported("IS_SRVROLEMEMBER of another login")
    check_count("is_srvrolemember", arguments, 1)
    return Value(sql=f"tsql_is_server_member({as_type(translator, arguments[0], scope, SYSNAME).sql})", type=INT)


FUNCTIONS: dict[str, Function] = {
    "SUSER_SNAME": _LOGIN,
    "SUSER_NAME": _LOGIN,
    "ORIGINAL_LOGIN": _LOGIN,
    "SYSTEM_USER": _LOGIN,
    "SUSER_ID": _login_id,
    "USER_NAME": _user,
    "CURRENT_USER": _user,
    "SESSION_USER": _user,
    "USER_ID": _user_id("user_id"),
    "DATABASE_PRINCIPAL_ID": _user_id("database_principal_id"),
    "HAS_PERMS_BY_NAME": _has_perms,
    "IS_MEMBER": _is_member,
    "IS_ROLEMEMBER": _is_rolemember,
    "IS_SRVROLEMEMBER": _is_srvrolemember,
}
