"""On the path of every process that a mutant's test starts: Python imports this by its name."""

from tests.mutants.loader import install

install()
