"""The cycle: one run over one source, from the lease to the last push."""
