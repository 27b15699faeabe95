"""What tasks and commands do with sources: scan, look, preview, find what is stuck."""
