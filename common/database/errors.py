"""What can be wrong with a database that only a person can fix."""

from __future__ import annotations


class ConfigurationError(Exception):
    """A service is not set up for relay. The message names what and the remedy; no blind retry."""
