"""The cycle's protocol as a model, played at random against writers, workers, crashes, zombies and losses.

It decides in doubt: what the real cycle does in which order was found here. Every `yield` in the model is a place
where others act, or where the process dies. Back-pressure, rejected rows, workers that report SUCCESS and baselines in
pieces of one to three rows are always on. Faults of the stores and guards taken out are named on the command line:

    python -m tests.protocol                       the design; prints {} when nothing was lost or sent twice
    python -m tests.protocol loss                  Redis loses the end of its history at any time
    python -m tests.protocol wipe rollback hole    Mongo forgets all, goes back in time, loses the journal
    python -m tests.protocol no-discard no-own-takeover    two guards taken out: shows what breaks

Environment: N, how many histories (20000); SEED, the first one's seed (0); V=1 prints an example of each failure.
"""
