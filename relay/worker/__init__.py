"""What Celery has to be told, so that relay's workers and beat behave."""
