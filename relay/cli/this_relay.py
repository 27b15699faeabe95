"""The relay that a command works with: by the settings, with its log set up."""

from __future__ import annotations

from common.config import get_settings
from common.logging import set_up_logging
from relay.cli.interrupt import cancel_at_ctrl_c
from relay.wiring import Relay, this_process


def this_relay() -> Relay:
    """Raises SettingsError."""
    set_up_logging(get_settings())
    from relay.celery_app import app

    relay = this_process(app)
    cancel_at_ctrl_c(relay.mssql.interrupt, lambda: relay.mssql.is_reading)
    return relay
