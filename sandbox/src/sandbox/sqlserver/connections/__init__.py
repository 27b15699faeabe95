"""A client's connection: the listening socket, TLS, logging in, and then request after request until it ends."""
