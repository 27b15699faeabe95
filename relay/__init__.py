"""Relay: hands every row that becomes pending to the Celery queue of the service that processes it."""
