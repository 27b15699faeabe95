"""Each guard of the cycle is taken out, one at a time, and a test that has nothing to do with it otherwise turns red.

`plan_*.py` say what is taken out of which file, and which test must notice; `bench.py` does it, on a copy.

    python -m tests.mutants                        # the plan as a table
    python -m tests.mutants docs/guarantees.md     # writes it between the document's two fences
"""
