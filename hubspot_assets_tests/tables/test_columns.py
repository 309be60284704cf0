import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hubspot_assets.tables import values
from hubspot_assets.tables.columns import typed
from hubspot_assets.tables.schema import ColumnType

RULES = {
    ColumnType.NUMBER: values.number,
    ColumnType.BOOLEAN: values.boolean,
    ColumnType.DATE: values.date,
    ColumnType.TIMESTAMP: values.timestamp,
}

numbers = st.from_regex(r"[+-]?[0-9]{0,30}\.?[0-9]{0,12}([eE][+-]?[0-9]{1,3})?", fullmatch=True)
days = st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", fullmatch=True)
times = st.from_regex(r"[T ][0-2][0-9](:?[0-6][0-9](:?[0-6][0-9](\.[0-9]{0,7})?)?)?", fullmatch=True)
zones = st.from_regex(r"|Z|[+-][0-2][0-9](:?[0-6][0-9])?", fullmatch=True)
moments = st.builds("{}{}{}".format, days, times, zones)
written_moments = st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
booleans = st.sampled_from(["true", "false", "True", "FALSE", "Yes", "1", "0", "t"])
texts = st.none() | st.just("") | numbers | days | moments | written_moments | booleans | st.text(max_size=5)


def read_singly(column: list[str | None], column_type: ColumnType) -> list[object]:
    return [RULES[column_type](text) if text else None for text in column]


@pytest.mark.parametrize("column_type", RULES)
@settings(deadline=None)
@given(texts)
@example("40000000000000000000000000000")
@example("4E28")
@example("340282366920938463463374607431768211457e-10")
def test_a_single_value_is_read_as_its_rule_says(column_type, text):
    # Alone in its column every text meets Arrow's cast, which must never read what the rule refuses.
    array, unfit = typed(pa.array([text], pa.string()), column_type)

    assert array.type == column_type.arrow
    assert array.to_pylist() == read_singly([text], column_type)
    assert unfit == ({0: text} if text and array[0].as_py() is None else {})


@pytest.mark.parametrize("column_type", RULES)
@settings(deadline=None)
@given(st.lists(texts, max_size=12))
def test_a_column_is_read_as_if_value_by_value(column_type, column):
    array, unfit = typed(pa.array(column, pa.string()), column_type)

    assert array.to_pylist() == read_singly(column, column_type)
    assert unfit == {row: text for row, text in enumerate(column) if text and RULES[column_type](text) is None}


@settings(deadline=None)
@given(st.lists(st.none() | st.text(), max_size=12))
def test_text_is_kept_as_it_is_and_only_blanks_become_null(column):
    array, unfit = typed(pa.array(column, pa.string()), ColumnType.TEXT)

    assert array.to_pylist() == [text or None for text in column]
    assert unfit == {}


@pytest.mark.parametrize("column_type", ColumnType)
def test_a_column_without_values_is_null_in_its_own_type(column_type):
    array, unfit = typed(pa.array([None, "", None], pa.string()), column_type)

    assert array.equals(pa.nulls(3, column_type.arrow))
    assert unfit == {}
