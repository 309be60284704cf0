"""The application that Celery's workers run: `celery -A hubspot_assets.defs.executors.celery_worker worker`."""

from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

from hubspot_assets.defs.executors.celery_steps import CelerySteps
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

_settings = Settings.load()
if _settings.executor != "celery":
    raise SettingsError(
        "A Celery worker needs the settings of the runs it works for: HUBSPOT_EXECUTOR=celery is not set."
    )

app = make_app(CelerySteps(_settings).app_args())
# In place of dagster-celery's own: workers listen to the default queue, which the settings name.
app.conf.task_queues = None
execute_plan = create_task(app)
