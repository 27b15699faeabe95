"""For tests of programs that use these servers: the servers themselves, and what tests with servers need besides.

Needs the extra `testing` (pytest, hypothesis, testcontainers).
"""
