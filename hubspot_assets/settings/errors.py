"""The one error of this room."""


class SettingsError(Exception):
    """A setting is missing or invalid."""

    permanent = True
