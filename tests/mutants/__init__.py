"""Each guard of the code is taken out, one at a time, and a test that has nothing to do with it otherwise turns red.

The code names its guards (`guards.py`); `plan_*.py` say what is done to each (`operations.py`), and which test must
notice. That test runs in a process of its own (`bench.py`, `child.py`), which imports the changed modules in the place
of those on disk, and so does every process that the test starts (`loader.py`).

A new guard: write `# guard: NAME` before the statement, or at the end of its line, and give it a mutant in the plan.

    python -m tests.mutants                        # the plan as a table
    python -m tests.mutants docs/guards.md         # writes it between the document's two marks
"""
