"""The bytes of TDS 7.4 and 8, as the server sees them: framing, types, values, requests and tokens."""
