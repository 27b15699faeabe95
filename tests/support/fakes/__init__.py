"""In-memory fakes of the real adapters: the same contracts, no sockets, and every moment can be a crash."""

from tests.support.fakes.database import FakeDatabase
from tests.support.fakes.mongo import FakeMongo
from tests.support.fakes.queue import CutOffError, CutQueue, FakeBroker, FakeQueue

__all__ = ["CutOffError", "CutQueue", "FakeBroker", "FakeDatabase", "FakeMongo", "FakeQueue"]
