"""The business around relay: tables, pharmacies and worker services that know nothing of it."""
