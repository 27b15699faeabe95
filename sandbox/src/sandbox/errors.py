"""What keeps a sandbox from starting."""

from __future__ import annotations


class ServiceError(Exception):
    """A service cannot be started here. The message is one line that says what to do about it."""
