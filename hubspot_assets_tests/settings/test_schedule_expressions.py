from datetime import timedelta

import pytest

from hubspot_assets.settings.schedule_expressions import schedule_expression


@pytest.mark.parametrize(
    ("text", "cron", "interval"),
    [
        ("30 minutes", "*/30 * * * *", timedelta(minutes=30)),
        ("30 min", "*/30 * * * *", timedelta(minutes=30)),
        ("90min", None, None),
        ("1 minute", "* * * * *", timedelta(minutes=1)),
        ("120 sec", "*/2 * * * *", timedelta(minutes=2)),
        ("60 m", "0 * * * *", timedelta(hours=1)),
        (" 1  Hour ", "0 * * * *", timedelta(hours=1)),
        ("6h", "0 */6 * * *", timedelta(hours=6)),
        ("24 hours", "0 0 * * *", timedelta(days=1)),
        ("1 day", "0 0 * * *", timedelta(days=1)),
        ("7 days", "0 0 * * 0", timedelta(weeks=1)),
        ("15 6-18 * * 1-5", "15 6-18 * * 1-5", timedelta(days=2, hours=12)),
        ("@daily", "@daily", timedelta(days=1)),
    ],
)
def test_durations_and_cron_expressions_are_kept_exactly_or_refused(text, cron, interval):
    if cron is None:
        with pytest.raises(ValueError, match="cannot be kept exactly"):
            schedule_expression(text)
    else:
        expression = schedule_expression(text)
        assert expression.cron == cron
        assert expression.longest_interval == interval


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "45 minutes",
            "'45 minutes' cannot be kept exactly by a clock; give 30 minutes or 1 hour, or a cron expression",
        ),
        ("7 hours", "give 6 hours or 8 hours"),
        ("2 days", "give 1 day or 1 week"),
        ("10 seconds", "give 1 minute, or"),
        ("0 minutes", "give 1 minute, or"),
        ("30 days", "give 1 week, or"),
        ("999999999999999999999 weeks", "give 1 week, or"),
        ("30 parsecs", "write seconds, minutes, hours, days or weeks"),
        ("often", "neither a duration such as `30 minutes` nor a cron expression such as `0 6 * * 1-5`"),
        ("61 * * * *", "neither a duration"),
        ("30", "neither a duration"),
        ("-5 minutes", "neither a duration"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_nearest_that_can(text, said):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        schedule_expression(text)
    assert said in str(refused.value)


def test_people_read_how_often_it_is():
    assert schedule_expression("30 min").text == "every 30 minutes"
    assert schedule_expression("60 min").text == "every hour"
    assert schedule_expression("0 6 * * 1").text == "0 6 * * 1"


@pytest.mark.parametrize(
    ("text", "time_zone", "interval"),
    [
        ("30 minutes", "Europe/Berlin", timedelta(minutes=30)),
        ("1 hour", "Europe/Berlin", timedelta(hours=1)),
        ("1 day", "Europe/Berlin", timedelta(hours=25)),
        ("1 day", "Australia/Lord_Howe", timedelta(hours=24, minutes=30)),
        ("1 day", "Asia/Tokyo", timedelta(hours=24)),
        ("15 6-18 * * 1-5", "America/New_York", timedelta(days=2, hours=13)),
    ],
)
def test_the_longest_interval_is_that_in_which_clocks_are_set_back(text, time_zone, interval):
    assert schedule_expression(text, time_zone).longest_interval == interval
