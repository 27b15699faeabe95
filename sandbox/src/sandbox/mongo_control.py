"""A client of the MongoDB stand-in's fail points: members of its replica set that answer from the past."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from sandbox import env_file
from sandbox.control import ControlError
from sandbox.mongo.replica_set import FAIL_POINTS, PRIMARY_IS_DEPOSED, SECONDARY_STOPS

_MILLISECONDS = 5000


class MongoControl:
    """Talks to the stand-in at this URI. Each call raises the driver's errors."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @classmethod
    def of(cls, path: Path) -> MongoControl:
        """The one of the sandbox that wrote this env file. Raises ControlError when there is none."""
        values = env_file.read(path) if path.is_file() else {}
        if "MONGO_URI" not in values:
            raise ControlError(f"{path} names no MONGO_URI: is a sandbox up, with this --env-file?")
        return cls(values["MONGO_URI"])

    def lag(self) -> None:
        """From now on reads that may go to a secondary are answered from what there is at this moment."""
        self._configure(SECONDARY_STOPS, mode="alwaysOn")

    def depose(self, application: str | None = None) -> None:
        """From now on clients with this application name (None: all) meet a primary that has a successor.

        What they read is what there is at this moment; what they write, or want confirmed, is refused. The others
        talk to the successor.
        """
        data = {} if application is None else {"appName": application}
        self._configure(PRIMARY_IS_DEPOSED, mode="alwaysOn", data=data)

    def recover(self) -> None:
        """All members are whole again, and up to date."""
        for fail_point in FAIL_POINTS:
            self._configure(fail_point, mode="off")

    def _configure(self, fail_point: str, **options: Any) -> None:
        with MongoClient[dict[str, Any]](
            self._uri, appname="sandbox-control", serverSelectionTimeoutMS=_MILLISECONDS
        ) as client:
            client.admin.command("configureFailPoint", fail_point, **options)


def explained(error: PyMongoError) -> ControlError:
    """What went wrong, in one line."""
    return ControlError(f"MongoDB (stand-in) does not do it: {' '.join(str(error).split())[:300]}")
