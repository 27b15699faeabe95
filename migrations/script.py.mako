"""${message}."""

from __future__ import annotations

from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """TODO: say what it adds."""
    ${upgrades if upgrades else "raise NotImplementedError"}


def downgrade() -> None:
    """TODO: say what it takes away."""
    ${downgrades if downgrades else "raise NotImplementedError"}
