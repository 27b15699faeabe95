"""Bytes on a disk, from WiredTiger itself: MongoDB's storage engine, by its command `wt` (`apt install wiredtiger`).

Tables are made with the options that MongoDB gives to a collection and to an index; `collStats` shows them as
`creationString`. What is written once, at the end, fills its pages better than what grows for years.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

COLLECTION = (
    "key_format=u,value_format=u,allocation_size=4KB,internal_page_max=4KB,leaf_page_max=32KB,leaf_value_max=64MB,"
    "memory_page_max=10m,split_pct=90,checksum=on,block_compressor=snappy"
)
INDEX = (
    "key_format=u,value_format=u,allocation_size=4KB,internal_page_max=16k,leaf_page_max=16k,checksum=on,"
    "prefix_compression=true"
)
_SNAPPY = "libwiredtiger_snappy.so"

Records = Iterable[tuple[bytes, bytes]]


def wt_command() -> Sequence[str] | None:
    """`wt` with snappy; None: it is not installed."""
    wt = shutil.which("wt")
    if wt is None:
        return None
    found = [path for folder in ("/usr/lib", "/usr/local/lib") for path in Path(folder).rglob(_SNAPPY)]
    return [wt, "-C", f"create,extensions=[{found[0]}]"] if found else None


def bytes_on_disk(wt: Sequence[str], options: str, records: Records) -> int:
    """The size of the file of a table that holds these."""
    with TemporaryDirectory() as folder:
        dump = Path(folder, "dump")
        with dump.open("w") as file:
            file.write(
                f"WiredTiger Dump (WiredTiger Version 3.2.1)\nFormat=hex\nHeader\nfile:weighed\n{options}\nData\n"
            )
            for key, value in records:
                file.write(f"{key.hex()}\n{value.hex()}\n")
        subprocess.run([*wt, "-h", folder, "load", "-f", str(dump)], check=True, capture_output=True, timeout=600)
        return Path(folder, "weighed").stat().st_size
