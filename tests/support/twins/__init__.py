"""In-memory twins of the real adapters: the same contracts, no sockets, and every moment can be a crash."""

from tests.support.twins.database import TwinDatabase
from tests.support.twins.mongo import TwinMongo
from tests.support.twins.queue import TwinBroker, TwinQueue

__all__ = ["TwinBroker", "TwinDatabase", "TwinMongo", "TwinQueue"]
