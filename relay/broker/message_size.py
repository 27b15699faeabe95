"""Whether Redis takes messages of a size: one that does not says so and hangs up, mostly before anybody has heard it.

Redis, `proto-max-bulk-len`: it refuses the announcement of a longer argument, and closes the connection. What it said
is lost where the argument itself was on its way already: TCP answers that with a reset, and TLS with an end.
"""

from __future__ import annotations

from typing import Any

import redis
from redis.exceptions import RedisError, ResponseError

SMALLEST_LIMIT = 1_048_576
"""Bytes: Redis takes no lower one."""
ANSWER_SECONDS = 1.0
"""A refusal comes at once; a server that takes the size waits for the rest."""


def refusal_of_size(client: redis.Redis, size: int) -> ResponseError | None:
    """What Redis says when an argument of so many bytes is announced, on a connection of its own; None: it waits for
    it, or cannot be asked."""
    if size <= SMALLEST_LIMIT:
        return None
    connection: Any = None
    try:
        connection = client.connection_pool.get_connection()
        connection.send_packed_command([b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % size], check_health=False)
        connection.read_response(timeout=ANSWER_SECONDS)
    except ResponseError as error:
        return error
    except RedisError:
        return None
    finally:
        if connection is not None:
            # It may still wait for the rest.
            connection.disconnect()
            client.connection_pool.release(connection)
    return None
