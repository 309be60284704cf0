"""An environment of its own for each tool, built from PyPI once and kept in the user's cache."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def environment(name: str, requirements: Sequence[str]) -> Path:
    """The folder of an environment's programs; built where it does not stand yet.

    Args:
        name: Of the environment.
        requirements: Pinned; with others, another environment is built.

    Raises:
        SystemExit: The installation failed; uv's own words are printed above.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256("\n".join((version, *requirements)).encode()).hexdigest()[:12]
    folder = _cache() / f"{name}-{digest}"
    programs, complete = folder / "bin", folder / "complete"
    if complete.exists():
        return programs
    print(f"building an environment for {name}: {', '.join(requirements)}", file=sys.stderr, flush=True)
    for command in (
        ["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        ["uv", "pip", "install", "--quiet", "--python", str(programs / "python"), *requirements],
    ):
        if subprocess.run(command).returncode:
            raise SystemExit(f"The environment for {name} could not be built: {' '.join(command)} failed.")
    complete.touch()
    return programs


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "hubspot_assets" / "peers"
