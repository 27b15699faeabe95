"""What a mark tells a Mongo that does not know its life, as the text that is kept in `relay_checkpoint.resume`."""

from __future__ import annotations

import json
from dataclasses import asdict

from common.database.records import Resume


def resume_text(resume: Resume | None) -> str | None:
    """JSON, in the names of the record's fields."""
    return None if resume is None else json.dumps(asdict(resume))


def resume_of(text: str | None) -> Resume | None:
    """The reverse. None also for a text that is not one of relay's: nothing can be gone on from then."""
    if text is None:
        return None
    try:
        fields = json.loads(text)
        last = fields.pop("last")
        return Resume(**fields, last=None if last is None else (int(last[0]), int(last[1])))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
