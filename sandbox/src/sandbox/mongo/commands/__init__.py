"""The commands, one small module a theme; importing this package registers them all."""

from sandbox.mongo.commands import cursors, explain, fail_points, handshake, indexes, namespaces, reads, writes
from sandbox.mongo.commands.registry import dispatch, is_immediate

__all__ = [
    "cursors",
    "dispatch",
    "explain",
    "fail_points",
    "handshake",
    "indexes",
    "is_immediate",
    "namespaces",
    "reads",
    "writes",
]
