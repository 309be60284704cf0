"""The one error of this room."""


class SettingsError(Exception):
    """A setting is missing or cannot be used."""

    permanent = True
