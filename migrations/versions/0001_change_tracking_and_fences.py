"""Allow snapshot isolation, switch change tracking on, and make the table for relay's fences."""

from __future__ import annotations

from relay.sources.registry import all_sources
from relay.tracking import steps

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing for the sources' tables, and remember what was added."""
    steps.upgrade(all_sources())


def downgrade() -> None:
    """Take away what the upgrade added, and nothing else."""
    steps.downgrade(all_sources())
