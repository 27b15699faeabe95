"""The project itself: its documents, settings, dependencies and files."""
