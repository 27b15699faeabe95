"""The broker: what it is, how a dispatch becomes a message, and how messages get into the queues."""
