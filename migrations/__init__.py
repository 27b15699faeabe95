"""What relay needs in SQL Server: snapshot isolation, change tracking, and the table for its fences.

`alembic upgrade head` adds what is missing and remembers what it added; `alembic downgrade base` takes that away again.
"""
