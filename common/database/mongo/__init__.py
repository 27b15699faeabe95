"""What MongoStore is made of: leases, checkpoints and the task log."""
