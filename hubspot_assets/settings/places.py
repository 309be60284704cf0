"""Where settings are looked up: the environment, then the file `.env`, then the place that HUBSPOT_SECRETS names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubspot_assets.settings.as_meant import as_meant
from hubspot_assets.settings.dotenv_file import read_dotenv
from hubspot_assets.settings.secrets.place import read_place

DOTENV = Path(".env")
SECRETS = "HUBSPOT_SECRETS"


@dataclass(frozen=True, slots=True)
class Given:
    """A setting as one of the places has it.

    Attributes:
        text: What stands there; it may be a secret.
        place: Where, for people: `the environment`, `.env`.
    """

    text: str = field(repr=False)
    place: str


def given_settings() -> Mapping[str, Given]:
    """Look up every variable, by its name in capitals.

    The first place that has a variable counts; where its text is empty, a place does not have it.

    Raises:
        SettingsError: A place cannot be read.
    """
    given: dict[str, Given] = {}
    _add(given, os.environ, "the environment")
    _add(given, read_dotenv(DOTENV), str(DOTENV))
    if SECRETS in given:
        _add(given, *read_place(as_meant(given[SECRETS].text)))
    return given


def _add(given: dict[str, Given], variables: Mapping[str, str], place: str) -> None:
    # Sorted, a name in capitals comes before other spellings of it.
    for name, text in sorted(variables.items()):
        if as_meant(text):
            given.setdefault(name.upper(), Given(text, place))
