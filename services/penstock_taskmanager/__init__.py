"""The TaskManager: a Celery prefork worker whose pool processes are slots, and an agent in its parent process."""
