"""The services that relay needs, on one machine and without Docker: stand-ins that the real drivers talk to."""
