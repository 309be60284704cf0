"""What fakesnow does not enforce is checked on the SQL itself, which also has to be Snowflake's SQL to sqlglot."""

import json
import re
from dataclasses import replace

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import expressions as exp

from hubspot_assets.warehouse.base import Replace, WarehouseBusy
from hubspot_assets.warehouse.snowflake.merge import Source, inline, merge, patch, removal
from hubspot_assets.warehouse.snowflake.schema import evolution
from hubspot_assets.warehouse.snowflake.sql import (
    Place,
    arrow_type,
    column_type,
    condition,
    newer,
    portions,
)
from hubspot_assets_tests.warehouse.snowflake_tables import CONTACTS, contacts, day

PLACE = Place("acme-test", "HUBSPOT", "CRM", "LOADING", "LOADER", "ASSETS")
NAME = PLACE.table("OBJECTS_CONTACTS")
STORED = {
    field.name: column_type(field.type, json=field.name in CONTACTS.json).replace("VARCHAR", "VARCHAR(16777216)")
    for field in CONTACTS.schema
}
ALIASES = ("t", "s", "v", "p", "r", "c")
STAGED = Source(PLACE.table("STAGED"), (), tuple(CONTACTS.schema.names), 1, 1)


def parsed(text: str) -> exp.Expr:
    """As Snowflake reads it, values in place."""
    return sqlglot.parse_one(text.replace("%s", "'x'").replace("%%", "%"), read="snowflake")


def merged(stored=STORED, table=CONTACTS, source=STAGED) -> str:
    text = merge(table, NAME, stored, source)
    assert isinstance(parsed(text), exp.Merge)
    return text


def replaced() -> Replace:
    """Contacts whose removal is the instant in SEEN, one a scope."""
    table = replace(CONTACTS, removal="PROPERTY_SEEN")
    scopes = pa.table({"OBJECTID": [1]})
    return Replace(table, contacts(), removed_at=day(1), scope=("OBJECTID",), scopes=scopes, stamp={"SYNCID": "s"})


def test_a_merge_source_holds_one_row_per_key_the_newest():
    # Snowflake refuses two rows for one target (100090); fakesnow takes any of them.
    assert (
        f'FROM {STAGED.text} QUALIFY ROW_NUMBER() OVER (PARTITION BY "OBJECTID" ORDER BY "UPDATEDAT" DESC NULLS LAST, '
        '"INGESTEDAT" DESC NULLS LAST, "STAGED$POSITION" DESC) = 1'
    ) in merged()


def test_a_stored_row_gives_way_unless_its_version_is_greater_a_null_being_the_least():
    assert newer("t", "s", ("UPDATEDAT", "INGESTEDAT")) == (
        '(COALESCE(t."UPDATEDAT" > s."UPDATEDAT", t."UPDATEDAT" IS NOT NULL AND s."UPDATEDAT" IS NULL)) OR '
        '(t."UPDATEDAT" IS NOT DISTINCT FROM s."UPDATEDAT" AND '
        'COALESCE(t."INGESTEDAT" > s."INGESTEDAT", t."INGESTEDAT" IS NOT NULL AND s."INGESTEDAT" IS NULL))'
    )
    assert f"WHEN MATCHED AND NOT ({newer('t', 's', CONTACTS.version)}) AND (" in merged()


def test_equal_rows_are_left_alone_whatever_their_provenance():
    matched = merged().partition("WHEN MATCHED")[2].partition("THEN UPDATE")[0]
    compared = matched.partition(" AND (t.")[2] or matched
    for column in set(CONTACTS.schema.names) - {"OBJECTID", "INGESTEDAT", "SYNCID", "UNPARSED"}:
        assert f't."{column}" IS DISTINCT FROM s."{column}"' in matched
    assert '"SYNCID"' not in compared
    assert 't."INGESTEDAT" IS DISTINCT FROM' not in matched


def test_json_is_parsed_in_the_source_and_compared_as_text():
    # Loaded from a text column of Parquet, a VARIANT would hold one string.
    text = merged()
    assert 'PARSE_JSON("UNPARSED") AS "UNPARSED"' in text
    assert 'TO_JSON(t."UNPARSED") IS DISTINCT FROM TO_JSON(s."UNPARSED")' in text


def test_the_source_computes_and_the_merge_only_assigns():
    assignments = merged().partition("THEN UPDATE SET ")[2].partition(" WHEN NOT MATCHED")[0].split(", ")
    assert all(re.fullmatch(r't\."(\w+)" = s\."\1"', each) for each in assignments)


def test_every_identifier_is_quoted_and_upper_case():
    statements = [
        merged(),
        removal(replaced(), NAME, STORED, STAGED, STAGED)[0],
        *patch(CONTACTS, NAME, STORED, STAGED, ("INGESTEDAT",)),
        *(statement.text for step in evolution(None, PLACE, CONTACTS) for statement in step.statements),
    ]
    for text in statements:
        for identifier in parsed(text).find_all(exp.Identifier):
            assert identifier.quoted or identifier.name in ALIASES
            assert identifier.name == identifier.name.upper() or identifier.name in ALIASES


def test_a_table_without_a_version_takes_the_row_that_comes_last():
    text = merged(table=replace(CONTACTS, version=()))
    assert 'ORDER BY "STAGED$POSITION" DESC' in text
    assert "WHEN MATCHED AND (" in text


def test_what_is_immutable_is_only_added_to():
    assert "WHEN MATCHED" not in merged(table=replace(CONTACTS, immutable=True))


def test_a_removal_is_one_merge_that_marks_what_the_batch_lacks_and_nothing_newer():
    text, values = removal(replaced(), NAME, STORED, STAGED, STAGED)
    assert isinstance(parsed(text), exp.Merge)
    assert 'WHERE p."PROPERTY_SEEN" IS NULL AND r."OBJECTID" IS NULL AND (p."UPDATEDAT" <= ' in text
    # Snowflake refuses two rows for one target here too, should the table have one key twice.
    assert 'USING (SELECT DISTINCT p."OBJECTID"' in text
    assert text.count("%s") == len(values) == 4
    whole = Replace(replace(replaced().table, version=()), contacts(), removed_at=day(1))
    assert " JOIN " not in removal(whole, NAME, STORED, None, None)[0]


def test_a_table_of_keys_alone_is_only_added_to():
    table = replace(CONTACTS, schema=pa.schema([("OBJECTID", pa.int64())]), version=(), provenance=(), json=())
    assert "WHEN MATCHED" not in merged(table=table, source=replace(STAGED, columns=("OBJECTID",)))


def test_columns_that_a_stage_lacks_are_not_named():
    text = merged(source=replace(STAGED, columns=("OBJECTID", "UPDATEDAT", "PROPERTY_NAME")))
    assert "PROPERTY_AMOUNT" not in text


def test_values_for_a_text_column_are_spelled_as_hubspot_spells_them():
    text = merged(stored={**STORED, "PROPERTY_AMOUNT": "VARCHAR(16777216)", "PROPERTY_SEEN": "VARCHAR(16777216)"})
    assert """REGEXP_REPLACE(CAST("PROPERTY_AMOUNT" AS VARCHAR), '[.]?0+$', '') AS "PROPERTY_AMOUNT\"""" in text
    assert """'YYYY-MM-DD"T"HH24:MI:SS.FF6')""" in text


def test_rows_that_no_longer_fit_the_table_are_refused_before_snowflake_casts_them():
    with pytest.raises(WarehouseBusy, match="PROPERTY_VIP of table OBJECTS_CONTACTS is stored as NUMBER"):
        merge(CONTACTS, NAME, {**STORED, "PROPERTY_VIP": "NUMBER(38,0)"}, STAGED)


def test_few_rows_travel_as_bound_text_and_are_cast():
    source = inline(CONTACTS, contacts({"OBJECTID": 1, "PROPERTY_NAME": "it's"}, {"OBJECTID": 1}))
    assert "it's" in source.values
    assert "it's" not in source.text
    assert (source.rows, source.candidates) == (2, 1)
    assert 'CAST("PROPERTY_AMOUNT" AS NUMBER(38,10)) AS "PROPERTY_AMOUNT"' in source.text
    merged(source=source)


def test_types_are_exact_and_times_have_no_zone():
    [create] = evolution(None, PLACE, CONTACTS)[0].statements
    for definition in (
        '"OBJECTID" NUMBER(38,0)',
        '"PROPERTY_AMOUNT" NUMBER(38,10)',
        '"PROPERTY_SEEN" TIMESTAMP_NTZ',
        '"UNPARSED" VARIANT',
        '"PROPERTY_BIRTHDAY" DATE',
    ):
        assert definition in create.text
    assert create.values[0] == "100 % name's \\ comment"
    # DESCRIBE names the precisions.
    described = [column_type(f.type).replace("VARCHAR", "VARCHAR(16777216)") for f in CONTACTS.schema]
    described = [t.replace("TIMESTAMP_NTZ", "TIMESTAMP_NTZ(9)") for t in described]
    assert [arrow_type(each) for each in described] == CONTACTS.schema.types


def test_new_columns_come_in_one_statement_that_can_be_repeated():
    stored = {name: type_ for name, type_ in STORED.items() if name not in ("PROPERTY_VIP", "PROPERTY_SEEN")}
    [step] = evolution(stored, PLACE, CONTACTS)
    [statement] = step.statements
    assert statement.text == (
        f'ALTER TABLE {NAME} ADD COLUMN IF NOT EXISTS "PROPERTY_VIP" BOOLEAN COMMENT %s, '
        'IF NOT EXISTS "PROPERTY_SEEN" TIMESTAMP_NTZ COMMENT %s'
    )
    assert [change.column for change in step.changes] == ["PROPERTY_VIP", "PROPERTY_SEEN"]


def test_no_statement_that_widens_a_column_drops_it_before_its_text_is_complete():
    wide = CONTACTS.schema.set(3, CONTACTS.schema.field(3).with_type(pa.string()))
    [step] = evolution(STORED, PLACE, replace(CONTACTS, schema=wide))
    for statement in step.statements:
        parsed(statement.text)
    verbs = [re.sub(r"ALTER TABLE \S+ (\w+ COLUMN)|(UPDATE) .*", r"\1\2", s.text)[:13] for s in step.statements]
    assert [verb.split()[0] for verb in verbs] == ["ADD", "UPDATE", "RENAME", "UPDATE", "DROP", "UPDATE", "RENAME"]


def test_conditions_bind_their_values():
    text, values = condition([("A", "!=", "x'y"), ("B", "in", [1, 2]), ("C", "is null", None), ("D", "<", day(3))])
    assert text == '"A" IS DISTINCT FROM %s AND "B" IN (%s) AND "C" IS NULL AND "D" < %s'
    assert values == ["x'y", [1, 2], day(3)]
    assert condition([("A", "in", [])]) == ("FALSE", [])
    with pytest.raises(ValueError, match='say "is null"'):
        condition([("A", "=", None)])


def test_many_values_are_looked_for_as_one_text():
    text, values = condition([("OBJECTID", "in", range(1_000))])
    assert text == (
        '"OBJECTID" IN (SELECT CAST(f.VALUE AS NUMBER(38,0)) FROM TABLE(FLATTEN(INPUT => PARSE_JSON(%s))) f)'
    )
    assert json.loads(str(values[0])) == list(range(1_000))


def test_a_list_too_long_for_snowflake_is_asked_for_in_portions_that_share_no_row():
    parts = list(portions([("X", "=", 1), ("ID", "in", [*range(120_000), 0])]))
    members: list[list[int]] = [part[1][2] for part in parts]  # pyright: ignore[reportAssignmentType]
    assert [len(each) for each in members] == [50_000, 50_000, 20_000]
    assert all(part[0] == ("X", "=", 1) for part in parts)
