"""The control call: what tests and people tell the stand-in past TDS.

One JSON object a line, one JSON object a line in answer: {"result": ...} or {"error": "..."}. It is not TDS because it
has to work while logins are refused or a database is offline.
"""
