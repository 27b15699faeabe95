"""What Celery's workers and beat need beside its defaults, so that relay's workers and beat behave."""
