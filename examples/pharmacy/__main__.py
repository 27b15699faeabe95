"""`python -m examples.pharmacy`: create the database and the sample tables on the server that the environment names."""

from __future__ import annotations

import os
import sys

from common.config import SettingsError, load_settings
from examples.pharmacy.schema import create_database, create_tables


def main() -> int:
    """Create what is not there yet. Exit code 2 when a setting is missing."""
    try:
        load_settings()
    except SettingsError as error:
        print(f"examples.pharmacy: {error}", file=sys.stderr)
        return 2
    create_database(os.environ)
    create_tables(os.environ)
    print(f"{os.environ['MSSQL_DATABASE']} has the sample tables")
    return 0


if __name__ == "__main__":
    sys.exit(main())
