"""A session's transaction on top of SQLite's, and how it makes room for those of others.

SQLite has one writer at a time; SQL Server has many, who lock the rows that they change. So a transaction that is
between two statements is set aside when another one wants to write: its rows are taken out of the file, kept in memory,
and put back before it goes on. What is set aside, or not yet committed, is locked: who meets it waits (see `locking`).
"""
