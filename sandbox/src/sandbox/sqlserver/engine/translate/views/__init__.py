"""SQL Server's catalog views. Each module registers its own here, by `schema.name` in lower case."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.sqlserver.engine.translate.views import information_schema, sys_objects, sys_principals, sys_server
from sandbox.sqlserver.engine.translate.views.view import View

_VIEWS: Mapping[str, View] = {
    **information_schema.VIEWS,
    **sys_objects.VIEWS,
    **sys_principals.VIEWS,
    **sys_server.VIEWS,
}


def find_view(schema: str, name: str) -> View | None:
    """The catalog view of that name, whatever its case. `sys.` must be written; system functions are not views."""
    return _VIEWS.get(f"{schema}.{name}".lower())
