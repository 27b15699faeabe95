"""What a fence tells a Mongo that does not know its epoch, as the text that is kept in `relay_fence.resume`."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from common.database.records import Resume

LARGEST = 2**63 - 1
"""What MongoDB and SQL Server can hold."""


def resume_text(resume: Resume | None) -> str | None:
    """JSON, in the names of the record's fields."""
    return None if resume is None else json.dumps(asdict(resume))


def resume_of(text: str | None) -> Resume | None:
    """The reverse. None also for a text that relay did not write: nothing can continue from it."""
    if text is None:
        return None
    try:
        resume = Resume(**json.loads(text))
        # JSON has no tuples.
        resume = replace(resume, last=None if resume.last is None else (resume.last[0], resume.last[1]))
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    # guard: sound-resume
    return resume if _is_sound(resume) else None


def _is_sound(resume: Resume) -> bool:
    """Whether its values are of the fields' types: a person may have written the text."""
    known = (resume.begin_version, resume.object_id, resume.side_table, *(resume.last or ()))
    numbers = (resume.number, resume.base, *(number for number in known if number is not None))
    return (
        all(type(number) is int and abs(number) <= LARGEST for number in numbers)
        and isinstance(resume.definition, str)
        and isinstance(resume.is_in_baseline, bool)
        and isinstance(resume.is_first_run, bool)
    )
