"""SQL Server and MongoDB as stand-ins that the real drivers talk to, and Redis: on one machine, without Docker."""
