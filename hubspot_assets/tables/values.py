"""What a property value means: one text in, one typed value out, or None when the text does not fit.

HubSpot sends every value as text. These functions are the rule for what fits which type; `columns` applies the
same rule to whole columns at once. None of them rounds, truncates or guesses a time zone.
"""

import re
from datetime import date as Date
from datetime import datetime, time, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation

# DECIMAL(38,10): 38 digits, 10 of them behind the point. Where that would take rounding, decimal raises.
_DECIMAL = Context(prec=38, traps=[Inexact, InvalidOperation])
_SCALE = Decimal("1E-10")

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ]"
    r"(?P<hour>[0-9]{2})(:(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]+))?)?)?"
    r"(Z|(?P<sign>[+-])(?P<ahead_hours>[0-9]{2})(:?(?P<ahead_minutes>[0-9]{2}))?)"
)
_EPOCH_MILLISECONDS = re.compile(r"-?[0-9]{1,15}")
_EPOCH = datetime(1970, 1, 1)


def number(text: str) -> Decimal | None:
    """Return a decimal number that DECIMAL(38,10) holds exactly: `1500`, `1500.00`, `-0.5`, `.5`, `1E+3`."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return _DECIMAL.quantize(Decimal(text), _SCALE)
    except (Inexact, InvalidOperation):
        return None


def boolean(text: str) -> bool | None:
    """Read `true` or `false`, in any letter case."""
    return {"true": True, "false": False}.get(text.lower())


def date(text: str) -> Date | None:
    """Read a calendar date: `2026-11-30`, or a midnight in UTC spelt as a datetime or as epoch milliseconds."""
    moment = timestamp(text)
    return moment.date() if moment is not None and moment.time() == time.min else None


def timestamp(text: str) -> datetime | None:
    """Read a moment to the millisecond, as naive UTC.

    Reads ISO-8601 with `Z` or an offset, epoch milliseconds, and a mere date as its midnight in UTC. A datetime
    without a zone does not fit: there is no telling which moment it is. Nor does a fraction finer than
    milliseconds, unless the rest of it is zeros.
    """
    try:
        if match := _TIMESTAMP.fullmatch(text):
            return _moment(**match.groupdict(default=""))
        if _DATE.fullmatch(text):
            return datetime.combine(Date.fromisoformat(text), time.min)
        if _EPOCH_MILLISECONDS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(text))
    except (ValueError, OverflowError):  # no such day or time of day; outside the years 1 to 9999
        return None
    return None


def _moment(
    day: str, hour: str, minute: str, second: str, fraction: str, sign: str, ahead_hours: str, ahead_minutes: str
) -> datetime | None:
    fraction = fraction.rstrip("0")
    if len(fraction) > 3:
        return None
    milliseconds = int(fraction.ljust(3, "0"))
    clock = time(int(hour), int(minute or 0), int(second or 0), milliseconds * 1000)
    # As a time of day, since offsets run from -23:59 to +23:59.
    ahead = time(int(ahead_hours or 0), int(ahead_minutes or 0))
    shift = timedelta(hours=ahead.hour, minutes=ahead.minute)
    local = datetime.combine(Date.fromisoformat(day), clock)
    return local + shift if sign == "-" else local - shift
