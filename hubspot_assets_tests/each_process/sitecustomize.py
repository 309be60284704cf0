"""Python imports this at the start of each process of the tests, Dagster's and Celery's too: conftest.py sees to it.

Python looks for garbage after each 700 new objects unless told otherwise, which took a tenth of their time.
"""

import gc

gc.set_threshold(50_000, 50, 100)
