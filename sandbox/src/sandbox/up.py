"""`python -m sandbox up`: the three services until somebody says stop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from sandbox import env_file, stack
from sandbox.stack import StackOptions

CHECK_SECONDS = 0.2


def serve(options: StackOptions, env_path: Path) -> None:
    """Run the services, write the env file once all three answer, and go on until KeyboardInterrupt.

    The env file is taken away at the end: it is there while the services are.

    Raises what `stack.running` raises, ServiceError for an env file of somebody else's, and ChildDiedError when one of
    the services ends.
    """
    env_file.claim(env_path)
    with stack.running(options) as services:
        env_file.write(env_path, services.settings)
        print(_summary(services.settings, env_path, options), flush=True)
        try:
            while True:
                services.check()
                time.sleep(CHECK_SECONDS)
        except KeyboardInterrupt:
            print("stopping", flush=True)
        finally:
            env_file.remove_stale(env_path)


def _summary(settings: Mapping[str, str], env_path: Path, options: StackOptions) -> str:
    kept = f"kept in {options.data}" if options.data else "thrown away at the end; keep it with --data DIR"
    return "\n".join(
        [
            f"SQL Server  {settings['MSSQL_SERVER']}  database {settings['MSSQL_DATABASE']}  (stand-in)",
            f"MongoDB     {settings['MONGO_URI']}  (stand-in)",
            f"Redis       {settings['REDIS_HOST']}:{settings['REDIS_PORT']}",
            f"The data is {kept}.",
            f"The settings are in {env_path}.{_hint(env_path)}",
            "Ctrl-C stops everything.",
        ]
    )


def _hint(env_path: Path) -> str:
    """What to do with a file that programs which read `.env` do not find by themselves."""
    return "" if env_path.name == ".env" else f" Where your programs run: cp {env_path} .env"
