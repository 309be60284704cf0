"""A home folder for libraries that cannot do without, where the user id has none (containers)."""

import os
import tempfile
from pathlib import Path


def provide_home() -> None:
    """Set HOME to a temporary folder if there is no home folder.

    Without one, Snowflake's driver cannot be imported, and Dagster makes a folder called `~` in the current one.
    """
    try:
        Path.home()
    except RuntimeError:
        folder = Path(tempfile.gettempdir(), f"hubspot-assets-{os.getuid()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ["HOME"] = str(folder)
