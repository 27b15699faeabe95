"""Locks: what an open transaction has changed, who waits for it, and what the others may see of it meanwhile.

Who has them, and how a transaction is set aside for another one, is told in `transactions`.
"""
