"""Dates and times as people write them in settings and run configs."""

from datetime import UTC, datetime


def instant(text: str | None) -> datetime | None:
    """Read a date or time.

    Args:
        text: ISO 8601, such as `2024-01-31` or `2024-01-31T12:00:00+02:00`; UTC where it names no offset.

    Returns:
        The instant (aware, UTC); None for None and for the empty text.

    Raises:
        ValueError: It is neither a date nor a time.
    """
    if not text or not text.strip():
        return None
    try:
        read = datetime.fromisoformat(text.strip())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date or time; write 2024-01-31 or 2024-01-31T12:00:00Z") from None
