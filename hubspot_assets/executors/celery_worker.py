"""The former place of the Celery application, kept for deployments that name it."""

from hubspot_assets.defs.executors.celery_worker import app as app
