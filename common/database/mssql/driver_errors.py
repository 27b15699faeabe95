"""What Microsoft's ODBC driver and unixODBC say themselves, before SQL Server is heard: what a person has to fix.

Texts: driver 18.6 on Linux, as tests/integration/refusals meet them; those of Windows: Microsoft, "Troubleshoot
connectivity issues in SQL Server". SQLSTATEs: Microsoft, ODBC API reference, "Appendix A: ODBC error codes".
"""

from __future__ import annotations

import re

from common.database.mssql.odbc import INSTALL_DRIVER

NO_DRIVER_STATES = frozenset({"IM002", "IM003", "IM004", "IM005", "IM006", "IM014"})
"""No driver of this name, none that can be loaded, or a library that is none; also of another architecture."""
NO_DRIVER = (
    "the ODBC driver cannot be loaded: check MSSQL_DRIVER, a name that `odbcinst -q -d` lists or the library's path; or"
    f" {INSTALL_DRIVER}"
)
NOT_TRUSTED = (
    "its certificate is not trusted, has expired, or is another host's: have it signed for the host in"
    " MSSQL_SERVER, or name it in MSSQL_SERVER_CERTIFICATE with MSSQL_ENCRYPT=strict; while developing:"
    " MSSQL_TRUST_SERVER_CERTIFICATE=true"
)
NO_SQL_SERVER = "what answers there is not SQL Server: check host and port in MSSQL_SERVER"
_ATTRIBUTES = {
    "SERVER": "MSSQL_SERVER",
    "DATABASE": "MSSQL_DATABASE",
    "UID": "MSSQL_USER",
    "PWD": "MSSQL_PASSWORD",
    "ServerCertificate": "MSSQL_SERVER_CERTIFICATE",
}
"""From which setting comes what (`Settings.odbc_connection_string`)."""
_SAID = (
    (r"Can't open lib", NO_DRIVER),
    (r"certificate verify failed|issued by an authority that is not trusted|target principal name is", NOT_TRUSTED),
    (r"Encryption not supported on SQL Server", "it does not encrypt: set MSSQL_ENCRYPT=no"),
    (r"Invalid file path for server certificate", "there is no such file: check MSSQL_SERVER_CERTIFICATE"),
    (
        r"unsupported protocol|no protocols available|no shared cipher|handshake failure",
        "it and this machine agree on no version of TLS: enable TLS 1.2 on the server, whatever MSSQL_ENCRYPT says",
    ),
    (r"Protocol error in TDS stream.*\(SQLDriverConnect\)", NO_SQL_SERVER),
    *(
        (
            f"Invalid value specified for connection string attribute '{attribute}'",
            f"the driver does not take {setting}: it is too long, or none",
        )
        for attribute, setting in _ATTRIBUTES.items()
    ),
)
_BY_TEXT = tuple((re.compile(pattern, re.DOTALL | re.IGNORECASE), fix) for pattern, fix in _SAID)


def driver_remedy(state: str, said: str) -> str | None:
    """What a person can do about it; None when this module does not know. `state`: the SQLSTATE."""
    if state in NO_DRIVER_STATES:
        return NO_DRIVER
    return next((fix for pattern, fix in _BY_TEXT if pattern.search(said)), None)
