from datetime import date, datetime
from decimal import Decimal

import pytest

from hubspot_assets.tables import values


@pytest.mark.parametrize(
    "text",
    [
        "1500",
        "1500.00",
        "3600.0",
        "-0.5",
        "+5",
        ".5",
        "5.",
        "1E+3",
        "10E-11",
        "007",
        "0.1234567890" + "0" * 40,
        "9" * 28,
        "9" * 28 + "." + "9" * 10,
        "1e27",
        "0e-400",
        "0" * 60 + "1",
    ],
)
def test_a_number_that_decimal_38_10_holds_exactly_is_read(text):
    assert values.number(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.12345678901",
        "1E-11",
        "9" * 29,
        "9" * 39,
        "1e28",
        "1e999999999",
        "1e99999999999999999999999",
        "1_000",
        " 1",
        "1 ",
        "1\n",
        "infinity",
        "-inf",
        "nan",
        "sNaN",
        "0x10",
        "1,5",
        "12 %",
        "",
        "-",
        ".",
        "1e",
        "--1",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "1\x00",
    ],
)
def test_a_number_that_would_be_rounded_or_is_none_does_not_fit(text):
    assert values.number(text) is None


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("FALSE", False), ("false", False)])
def test_booleans_are_read_in_any_letter_case(text, value):
    assert values.boolean(text) is value


@pytest.mark.parametrize("text", ["Yes", "no", "1", "0", "t", " true", "true\n", ""])
def test_other_spellings_of_booleans_do_not_fit(text):
    assert values.boolean(text) is None


@pytest.mark.parametrize(
    "text",
    ["2026-11-30", "2026-11-30T00:00:00Z", "2026-11-30T00:00:00.000Z", "2026-11-30T02:00+02:00", "1795996800000"],
)
def test_dates_are_read_also_as_midnights_in_utc(text):
    assert values.date(text) == date(2026, 11, 30)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2025-02-29",
        "0000-01-01",
        "2026-11-30T00:00:00.001Z",
        "1795996800001",
        "infinity",
        "epoch",
        "today",
        "2026-1-3",
        "11/30/2026",
        "2026-11-30 ",
        "2026-11-30\n",
        "",
        "-0001-01-01",
        "12026-01-01",
        "2026-W01-1",
    ],
)
def test_a_date_that_is_none_does_not_fit(text):
    assert values.date(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30T14:03:00.123Z", datetime(2026, 11, 30, 14, 3, 0, 123000)),
        ("2026-11-30T14:03:00.1Z", datetime(2026, 11, 30, 14, 3, 0, 100000)),
        ("2026-11-30T14:03:00.123000000Z", datetime(2026, 11, 30, 14, 3, 0, 123000)),
        ("2026-11-30T14:03:00Z", datetime(2026, 11, 30, 14, 3)),
        ("2026-11-30 14:03Z", datetime(2026, 11, 30, 14, 3)),
        ("2026-11-30T14:03:00+05:30", datetime(2026, 11, 30, 8, 33)),
        ("2026-11-30T14:03:00-0100", datetime(2026, 11, 30, 15, 3)),
        ("2026-11-30T23:00:00-02", datetime(2026, 12, 1, 1)),
        ("1700000000123", datetime(2023, 11, 14, 22, 13, 20, 123000)),
        ("0", datetime(1970, 1, 1)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, 999000)),
        ("2026-11-30", datetime(2026, 11, 30)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999000)),
    ],
)
def test_moments_are_read_as_naive_utc(text, moment):
    assert values.timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30T14:03:00",
        "2026-11-30T14:03:00.1234Z",
        "2026-02-30T00:00:00Z",
        "2026-11-30T24:00:00Z",
        "2026-11-30T14:60:00Z",
        "2026-11-30T14:03:60Z",
        "2026-11-30T14:03:00+24:00",
        "2026-11-30T14:03:00+01:60",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:00-00:01",
        "0000-12-31T23:59:00-01:00",
        "999999999999999",
        "-99999999999999",
        "now",
        "infinity",
        "1700000000000.0",
        "1_700",
        "",
        "2026-11-30T14:03:00Z\n",
        "2026-11-30T14:03:00z",
    ],
)
def test_a_moment_that_is_none_or_lacks_a_zone_or_is_too_fine_does_not_fit(text):
    assert values.timestamp(text) is None
