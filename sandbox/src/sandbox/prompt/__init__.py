"""`python -m sandbox sql`: a prompt for T-SQL, on the stand-in or on a real SQL Server."""
