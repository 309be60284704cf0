"""What many tests begin with is synced once, and copied."""

import shutil
from collections.abc import Callable
from pathlib import Path


def filled_once(file: Path, kept: Path, fill: Callable[[], None]) -> None:
    """Fill a DuckDB file, or copy what another test has filled.

    Args:
        file: As the test uses it.
        kept: Where the copy is, of a fixture that outlives the test.
        fill: Syncs into the file.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    if kept.exists():
        shutil.copy(kept, file)
    else:
        fill()
        shutil.copy(file, kept)
