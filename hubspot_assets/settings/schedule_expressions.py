"""How often something is to happen: a duration, as people write it, or a cron expression."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

_DURATION = re.compile(r"(\d+)\s*([a-z]+)", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(weeks=1)),
}

# A step of cron's begins anew with each hour, day or week, so only what divides one evenly is kept exactly.
_EXACT: dict[timedelta, tuple[str, str]] = {
    timedelta(minutes=1): ("1 minute", "* * * * *"),
    **{timedelta(minutes=n): (f"{n} minutes", f"*/{n} * * * *") for n in (2, 3, 4, 5, 6, 10, 12, 15, 20, 30)},
    timedelta(hours=1): ("1 hour", "0 * * * *"),
    **{timedelta(hours=n): (f"{n} hours", f"0 */{n} * * *") for n in (2, 3, 4, 6, 8, 12)},
    timedelta(days=1): ("1 day", "0 0 * * *"),
    timedelta(weeks=1): ("1 week", "0 0 * * 0"),
}
_TICKS_SAMPLED = 1_000


@dataclass(frozen=True)
class ScheduleExpression:
    """When something is to happen.

    Attributes:
        text: For people: `every 30 minutes`, or the cron expression.
        cron: The cron expression.
        time_zone: The time zone whose clock it goes by (`Europe/Berlin`).
    """

    text: str
    cron: str
    time_zone: str = "UTC"

    @cached_property
    def longest_interval(self) -> timedelta:
        """The longest time between two ticks: over night and weekend where the expression leaves them out."""
        interval = self._longest_interval_by_the_clock()
        # Whatever ticks at least hourly ticks on while clocks are set back.
        return interval if interval <= timedelta(hours=1) else interval + _longest_set_back(self.time_zone)

    def _longest_interval_by_the_clock(self) -> timedelta:
        for interval, (_, cron) in _EXACT.items():
            if cron == self.cron:
                return interval
        # Dagster has no public way to ask when its schedules will tick.
        from dagster._utils.schedules import cron_string_iterator

        ticks = cron_string_iterator(datetime.now(UTC).timestamp(), self.cron, "UTC")
        return max(later - earlier for earlier, later in pairwise(islice(ticks, _TICKS_SAMPLED)))


def _longest_set_back(time_zone: str) -> timedelta:
    """By how much a day of the coming year is longer than others in a time zone."""
    zone, today = ZoneInfo(time_zone), datetime.now(UTC)
    offsets = [(today + timedelta(days=day)).astimezone(zone).utcoffset() or timedelta() for day in range(367)]
    return max(earlier - later for earlier, later in pairwise(offsets))


def schedule_expression(text: str, time_zone: str = "UTC") -> ScheduleExpression:
    """Read a duration (`30 min`, `1 hour`, `1 day`) or a cron expression (`0 6 * * 1-5`).

    Args:
        text: The duration or cron expression.
        time_zone: The time zone whose clock it goes by.

    Raises:
        ValueError: It is neither, or a duration that cron cannot keep; then the nearest that it can are named.
    """
    return replace(_expression(text), time_zone=time_zone)


def _expression(text: str) -> ScheduleExpression:
    text = " ".join(text.split())
    if duration := _DURATION.fullmatch(text):
        return _every(text, int(duration[1]), duration[2].lower())
    from dagster._utils.schedules import is_valid_cron_string

    if not is_valid_cron_string(text):
        raise ValueError(
            f"{text!r} is neither a duration such as `30 minutes` nor a cron expression such as `0 6 * * 1-5`"
        )
    return ScheduleExpression(text, text)


def _every(text: str, number: int, unit: str) -> ScheduleExpression:
    if unit not in _UNITS:
        raise ValueError(f"{text!r} has no unit of time: write seconds, minutes, hours, days or weeks")
    # Beyond some weeks the number no longer matters, and might not fit a timedelta.
    interval = min(number, 10**6) * _UNITS[unit]
    if interval in _EXACT:
        name, cron = _EXACT[interval]
        return ScheduleExpression(f"every {name.removeprefix('1 ')}", cron)
    shorter = [name for exact, (name, _) in _EXACT.items() if exact < interval][-1:]
    longer = [name for exact, (name, _) in _EXACT.items() if exact > interval][:1]
    raise ValueError(
        f"{text!r} cannot be kept exactly by a clock; give {' or '.join(shorter + longer)}, or a cron expression"
    )
