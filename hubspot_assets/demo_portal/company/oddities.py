"""Values that real accounts hold and tidy test data does not.

Each type of property gets its own kind of trouble, on a few records: numbers that no decimal type of the
usual width holds, dates that are none, instants written as epoch milliseconds, booleans spelt `Yes`, texts
with every quote and line break, and the empty text that HubSpot gives for a value that was cleared.
"""

from collections.abc import Mapping, Sequence

from hubspot_assets.demo_portal.company.rows import Rows
from hubspot_assets.demo_portal.definitions import PropertyDefinition

ODD_VALUES: Mapping[str, Sequence[str]] = {
    "number": (
        "1500.00",
        "3600.0",
        "1E+3",
        "",
        "0.1234567890123456789",
        "123456789012345678901234567890123456789012",
        "-0.00",
        "1.5e-12",
    ),
    "bool": ("Yes", "No", "", "TRUE"),
    "date": ("2026-02-30", "", "31.12.2025", "1767139200000"),
    "datetime": ("1767139200000", "2026-11-30T14:03:00Z", "", "not yet", "2026-11-30T14:03:00.123+02:00"),
    "string": (
        "He said: \"soon\", \\ she said: 'later'",
        "line one\nline two\r\nline three\ttabbed",
        "👩‍👩‍👧 naïve façade — ﷽ ‮rtl‬",
        "",
        "null",
        "  leading and trailing  ",
        "\u2028separator\u0001control",
        "x" * 5_000,
    ),
    "enumeration": ("",),
}

LONGEST_PERIOD = 400
"""At most this many records lie between two odd values of a property."""


def add_oddities(rows: Rows, definitions: Sequence[PropertyDefinition]) -> None:
    """Put odd values into the account's own (not HubSpot-defined) properties, and a few of HubSpot's texts.

    Every kind of odd value appears at least once per object type that has a property for it and as many
    records; about one record in a hundred is touched.
    """
    count = len(rows)
    if not count:
        return
    for number, definition in enumerate(definitions):
        odd = ODD_VALUES.get(definition.type, ())
        if definition.hubspot_defined or definition.name not in rows.columns or not odd:
            continue
        column = list(rows.columns[definition.name])
        period = max(min(count // len(odd), LONGEST_PERIOD), 1)
        for each, value in enumerate(odd):
            for position in range((number * 7 + each * period) % count, count, period * len(odd)):
                column[position] = value
        rows.columns[definition.name] = column
