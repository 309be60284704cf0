"""One run of `tap-hubspot` into a Singer target, as Meltano runs them: a pipe, a catalog, and the state kept between.

    python singer.py TAP_PYTHON TARGET NAME_OF_TARGET

The tap reads contacts incrementally, its default. Like Meltano, it keeps the last state that the target has confirmed,
even where a run fails.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ["PEER_FOLDER"])
TAP = {"access_token": os.environ["PEER_TOKEN"]}
TARGETS = {
    "target-jsonl": {"destination_path": str(FOLDER / "lines")},
    "target-duckdb": {
        "path": str(FOLDER / "contacts.duckdb"),
        "default_target_schema": "hubspot",
        "data_flattening_max_level": 1,
    },
}


def main(python: str, target: str, name: str) -> int:
    """Run the pipe; the exit status of the half that failed, if one did."""
    tap = [python, str(Path(__file__).with_name("tap_elsewhere.py")), "--config", _kept("tap.json", TAP)]
    catalog, state = FOLDER / "catalog.json", FOLDER / "state.json"
    if not catalog.exists():
        found = json.loads(subprocess.run([*tap, "--discover"], check=True, stdout=subprocess.PIPE).stdout)
        for stream in found["streams"]:
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == "contacts"
        catalog.write_text(json.dumps(found))
    tap += ["--catalog", str(catalog)]
    if state.exists():
        tap += ["--state", str(state)]
    with (
        subprocess.Popen(tap, stdout=subprocess.PIPE) as reading,
        subprocess.Popen(
            [target, "--config", _kept(f"{name}.json", TARGETS[name])],
            stdin=reading.stdout,
            stdout=subprocess.PIPE,
            text=True,
        ) as writing,
    ):
        assert reading.stdout is not None
        assert writing.stdout is not None
        reading.stdout.close()
        for line in writing.stdout:
            if line.strip():
                state.write_text(line)
    return reading.returncode or writing.returncode


def _kept(name: str, config: dict) -> str:
    path = FOLDER / name
    path.write_text(json.dumps(config))
    return str(path)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
