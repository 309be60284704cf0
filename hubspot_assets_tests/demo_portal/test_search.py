from datetime import UTC, datetime, timedelta

import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, asker, filter_of

BY_ID = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
SLOW_INDEX = {"median": 60_000, "percentile_99": 60_000}


def updated_between(first: datetime, last: datetime) -> dict[str, object]:
    return filter_of("lastmodifieddate", "BETWEEN", milliseconds(first), highValue=milliseconds(last))


def milliseconds(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


@pytest.fixture
def three() -> Asker:
    """Three contacts, 1 to 3, whose values every operator can tell apart."""
    hubspot = asker(sizes={"contacts": 3}, ids="dense", archived_share=0, merged_share=0)
    for record_id, city, score, lifecyclestage, newsletter in (
        (1, "Paris", "10", "lead", "true"),
        (2, "New York City", "9.50", "customer", "false"),
        (3, None, None, None, "Yes"),
    ):
        values = {"city": city, "num_notes": score, "lifecyclestage": lifecyclestage, "newsletter_opt_in": newsletter}
        hubspot.order("change", type="contacts", ids=[record_id], properties=values)
    interests = {"webinar_interests": "pricing;security", "contract_renewal_date": "2026-05-01"}
    hubspot.order("change", type="contacts", ids=[1], properties=interests)
    hubspot.order("change", type="contacts", ids=[2, 3], properties=dict.fromkeys(interests))
    return hubspot


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (filter_of("city", "EQ", "paris"), [1]),
        (filter_of("city", "NEQ", "paris"), [2, 3]),
        (filter_of("city", "IN", values=["paris"]), [1]),
        (filter_of("city", "IN", values=["Paris"]), []),
        (filter_of("city", "NOT_IN", values=["paris"]), [2, 3]),
        (filter_of("city", "HAS_PROPERTY"), [1, 2]),
        (filter_of("city", "NOT_HAS_PROPERTY"), [3]),
        (filter_of("city", "CONTAINS_TOKEN", "york"), [2]),
        (filter_of("city", "CONTAINS_TOKEN", "yor*"), [2]),
        (filter_of("city", "CONTAINS_TOKEN", "yor"), []),
        (filter_of("city", "NOT_CONTAINS_TOKEN", "york"), [1, 3]),
        (filter_of("num_notes", "GT", "9.5"), [1]),
        (filter_of("num_notes", "GTE", "9.5"), [1, 2]),
        (filter_of("num_notes", "LT", "10"), [2]),
        (filter_of("num_notes", "LTE", "1E+1"), [1, 2]),
        (filter_of("num_notes", "EQ", "10.0"), [1]),
        (filter_of("num_notes", "IN", values=["9.5", "7"]), [2]),
        (filter_of("num_notes", "BETWEEN", "9", highValue="9.5"), [2]),
        (filter_of("lifecyclestage", "EQ", "lead"), [1]),
        (filter_of("lifecyclestage", "EQ", "Lead"), []),
        (filter_of("webinar_interests", "IN", values=["security"]), [1]),
        (filter_of("contract_renewal_date", "GTE", "2026-05-01"), [1]),
        (filter_of("contract_renewal_date", "LT", "1777593600000"), []),
        (filter_of("newsletter_opt_in", "EQ", "true"), [1, 3]),
        (filter_of("hs_object_id", "GT", "1"), [2, 3]),
        (filter_of("hs_object_id", "GTE", "2"), [2, 3]),
        (filter_of("hs_object_id", "LT", "2"), [1]),
        (filter_of("hs_object_id", "LTE", "2"), [1, 2]),
        (filter_of("hs_object_id", "EQ", "2"), [2]),
        (filter_of("hs_object_id", "BETWEEN", "2", highValue="9"), [2, 3]),
        (filter_of("hs_object_id", "IN", values=["3", "1"]), [1, 3]),
        (filter_of("createdate", "GT", "2100-01-01T00:00:00Z"), []),
    ],
)
def test_every_operator_finds_what_it_says(three: Asker, given: dict[str, object], found: list[int]):
    reply = three.search(filters=[given], sorts=BY_ID)
    assert reply.status == 200, reply.body
    assert reply.ids == found
    assert reply.json["total"] == len(found)


def test_filters_of_a_group_are_joined_by_and_groups_by_or(three: Asker):
    groups = [
        {"filters": [filter_of("city", "HAS_PROPERTY"), filter_of("num_notes", "GT", "9.6")]},
        {"filters": [filter_of("city", "NOT_HAS_PROPERTY")]},
    ]
    assert three.search(filterGroups=groups, sorts=BY_ID).ids == [1, 3]
    top_level = {"filters": [filter_of("city", "EQ", "paris")]}
    assert three.post("/crm/objects/2026-09/contacts/search", top_level).ids == [1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filters": [filter_of("city", "LIKE", "x")]}, 400),
        ({"filters": [filter_of("no_such_property", "EQ", "x")]}, 400),
        ({"filters": [filter_of("city", "EQ")]}, 400),
        ({"filters": [filter_of("city", "IN")]}, 400),
        ({"filters": [filter_of("num_notes", "GT", "many")]}, 400),
        ({"filters": [filter_of("num_notes", "BETWEEN", "9", highValue="3")]}, 400),
        ({"filters": [filter_of("medical_note", "HAS_PROPERTY")]}, 400),
        ({"filters": [filter_of("createdate", "GTE", "0")]}, 500),
        ({"filterGroups": [{"filters": [filter_of("city", "HAS_PROPERTY")]}] * 6}, 400),
        ({"filterGroups": [{"filters": [filter_of("city", "HAS_PROPERTY")] * 7}]}, 400),
        ({"filterGroups": [{"filters": [filter_of("city", "HAS_PROPERTY")] * 5}] * 4}, 400),
        ({"limit": 201}, 400),
        ({"limit": 0}, 400),
        ({"after": "x"}, 400),
        ({"sorts": ["city", "zip"]}, 400),
        ({"sorts": ["no_such_property"]}, 400),
        ({"query": "x" * 3001}, 400),
    ],
)
def test_a_search_that_hubspot_does_not_take_is_refused(three: Asker, body: dict[str, object], status: int):
    filters = body.pop("filters", None)
    reply = three.search(filters=filters, **body)  # type: ignore[arg-type]
    assert reply.status == status, reply.body


def test_sorts_follow_the_type_of_the_property_and_records_without_a_value_come_last(three: Asker):
    assert three.search(sorts=[{"propertyName": "num_notes", "direction": "ASCENDING"}]).ids == [2, 1, 3]
    assert three.search(sorts=["-num_notes"]).ids[-2:] == [1, 2]
    assert three.search(sorts=["city"]).ids == [2, 1, 3]


def test_without_a_sort_the_oldest_records_come_first(hubspot: Asker):
    created = [record["createdAt"] for record in hubspot.search().json["results"]]
    assert created == sorted(created)


def test_a_query_looks_into_the_default_properties(three: Asker):
    three.order("change", type="contacts", ids=[2], properties={"lastname": "Featherstonehaugh"})
    assert three.search(query="FEATHERSTONE").ids == [2]


def test_offsets_go_through_all_results_up_to_ten_thousand():
    hubspot = asker(sizes={"contacts": 10_300}, archived_share=0, merged_share=0, properties={"contacts": 10})
    last = hubspot.search(limit=200, after="9800", sorts=BY_ID)
    assert last.json["total"] == 10_300
    assert last.ids == hubspot.live()[9_800:10_000]
    assert last.after == "10000"
    assert hubspot.search(limit=200, after=last.after, sorts=BY_ID).status == 400
    assert hubspot.search(limit=200, after=9_801, sorts=BY_ID).status == 400


def test_a_keyset_on_ids_reads_a_window_of_any_size_exactly_once():
    hubspot = asker(sizes={"contacts": 900}, archived_share=0)
    moment = datetime(2026, 11, 21, 13, tzinfo=UTC)
    hubspot.order("change", type="contacts", properties={}, count=700, at=moment.isoformat())
    window = updated_between(moment, moment)
    found: list[int] = []
    while True:
        keyset = [filter_of("hs_object_id", "GT", str(found[-1]))] if found else []
        page = hubspot.search(filters=[window, *keyset], sorts=BY_ID)
        assert page.json["total"] == 700 - len(found)
        found += page.ids
        if not page.ids:
            break
    assert found == hubspot.live()[:700]


def test_windows_on_last_modified_are_closed_to_the_millisecond(hubspot: Asker):
    record_id, moment = hubspot.live()[5], datetime(2026, 11, 21, 13, 0, 0, 123_000, tzinfo=UTC)
    hubspot.order("change", type="contacts", ids=[record_id], properties={}, at=moment.isoformat())
    tick = timedelta(milliseconds=1)
    for operator, before, at, after in (
        ("GTE", True, True, False), ("GT", True, False, False), ("LTE", False, True, True), ("LT", False, False, True),
    ):  # fmt: skip
        for offset, expected in ((-tick, before), (0 * tick, at), (tick, after)):
            given = filter_of("lastmodifieddate", operator, milliseconds(moment + offset))
            assert (record_id in hubspot.search(filters=[given]).ids) is expected, (operator, offset)
    iso = filter_of("lastmodifieddate", "EQ", "2026-11-21T14:00:00.123+01:00")
    assert hubspot.search(filters=[iso]).ids == [record_id]


def test_more_than_ten_thousand_records_can_share_a_millisecond():
    hubspot = asker(sizes={"contacts": 12_000}, properties={"contacts": 10}, archived_share=0, merged_share=0)
    assert hubspot.order("change", type="contacts", properties={})["changed"] == 12_000
    instants = {record.updated_at for record in hubspot.account.stores["contacts"].live.values()}
    assert len(instants) == 1
    moment = str(instants.pop())
    assert hubspot.search(filters=[filter_of("lastmodifieddate", "EQ", moment)]).json["total"] == 12_000


def test_a_write_reaches_the_index_only_after_its_lag():
    hubspot = asker(index_lag=SLOW_INDEX)
    record_id = hubspot.live()[0]
    hubspot.order("change", type="contacts", ids=[record_id], properties={"city": "Ulan Bator"})
    given = [filter_of("city", "EQ", "ulan bator")]
    assert hubspot.search(filters=given).ids == []
    assert hubspot.get(f"/crm/objects/2026-09/contacts/{record_id}", properties="city").json["properties"]["city"]
    hubspot.order("clock", advance=61)
    assert hubspot.search(filters=given).ids == [record_id]


def test_a_match_of_the_index_is_shown_as_the_store_has_it_by_now():
    hubspot = asker(index_lag=SLOW_INDEX)
    record_id = hubspot.live()[0]
    old = hubspot.account.stores["contacts"].live[record_id].updated_at
    hubspot.order("change", type="contacts", ids=[record_id], properties={"city": "Ulan Bator"})
    page = hubspot.search(filters=[filter_of("lastmodifieddate", "EQ", str(old))], properties=["city"])
    assert page.ids == [record_id]
    assert page.json["results"][0]["properties"]["city"] == "Ulan Bator"
    assert page.json["results"][0]["updatedAt"].startswith("2026-11-21T12:00")


def test_a_record_archived_since_it_was_indexed_is_counted_but_not_shown():
    hubspot = asker(index_lag=SLOW_INDEX)
    live = hubspot.live()
    hubspot.order("archive", type="contacts", ids=[live[1]])
    page = hubspot.search(sorts=BY_ID, limit=3)
    assert page.json["total"] == len(live)
    assert page.ids == [live[0], live[2]]
    assert page.after == "3"
    hubspot.order("index_catch_up")
    assert hubspot.search(sorts=BY_ID).json["total"] == len(live) - 1


def test_a_later_write_that_overtakes_an_earlier_one_stays_in_the_index():
    hubspot = asker(index_lag=SLOW_INDEX)
    record_id = hubspot.live()[0]
    hubspot.order("change", type="contacts", ids=[record_id], properties={"city": "First"})
    hubspot.order("index_lag", lag=False)
    hubspot.order("change", type="contacts", ids=[record_id], properties={"city": "Second"})
    assert hubspot.search(filters=[filter_of("city", "EQ", "second")]).ids == [record_id]
    hubspot.order("clock", advance=120)
    assert hubspot.search(filters=[filter_of("city", "EQ", "second")]).ids == [record_id]


def test_as_on_hubspot_most_writes_are_indexed_in_seconds_and_few_take_minutes():
    hubspot = asker(sizes={"contacts": 4_000}, properties={"contacts": 10}, index_lag=True, archived_share=0)
    live = hubspot.live()
    hubspot.order("change", type="contacts", properties={"email": "x@example.com"})

    def indexed() -> float:
        return hubspot.search(filters=[filter_of("email", "EQ", "x@example.com")]).json["total"] / len(live)

    assert indexed() < 0.3
    hubspot.order("clock", advance=10)
    assert 0.7 < indexed() < 0.99
    hubspot.order("clock", advance=180)
    assert 0.99 < indexed() < 1
    hubspot.order("clock", advance=20 * 60)
    assert indexed() == 1


def test_archived_and_merged_and_purged_records_are_never_found(hubspot: Asker):
    live = hubspot.live()
    hubspot.order("archive", type="contacts", ids=live[:1])
    hubspot.order("merge", type="contacts", survivor=live[1], absorbed=[live[2]])
    hubspot.order("purge", type="contacts", ids=live[3:4])
    assert hubspot.search(sorts=BY_ID).ids == [live[1], *live[4:]]
    hubspot.order("restore", type="contacts", ids=live[:1])
    assert live[0] in hubspot.search().ids


def test_short_and_empty_pages_lose_no_row_by_offset_nor_by_keyset():
    hubspot = asker(sizes={"contacts": 300}, short_pages=0.7, archived_share=0)
    found, after, empty = [], "0", 0
    while after is not None:
        page = hubspot.search(limit=50, after=after, sorts=BY_ID)
        empty += not page.ids
        found += page.ids
        after = page.after
    assert found == hubspot.live()
    keyset: list[int] = []
    while True:
        given = [filter_of("hs_object_id", "GT", str(keyset[-1] if keyset else 0))]
        page = hubspot.search(filters=given, limit=50, sorts=BY_ID)
        empty += not page.ids
        keyset += page.ids
        if page.after is None:
            break
    assert keyset == hubspot.live()
    assert empty


def test_ties_keep_their_order_between_pages_unless_told_otherwise():
    hubspot = asker(sizes={"contacts": 200}, archived_share=0, merged_share=0)
    hubspot.order("change", type="contacts", properties={})
    sorts = ["lastmodifieddate"]

    def in_pages() -> list[int]:
        return [each for after in range(0, 200, 50) for each in hubspot.search(limit=50, after=after, sorts=sorts).ids]

    once = in_pages()
    assert sorted(once) == hubspot.live()
    assert once != hubspot.live()
    assert in_pages() == once
    hubspot.order("behavior", unstable_ties=True)
    assert sorted(in_pages()) != hubspot.live()


def test_associations_can_be_filtered_on_but_are_never_in_the_answer():
    hubspot = asker(sizes={"contacts": 30, "companies": 3, "cars": 2}, archived_share=0, merged_share=0)
    company = hubspot.live("companies")[0]
    employed = [
        each
        for each in hubspot.live()
        if any(to_id == company for to_id, _ in hubspot.account.associations.of("contacts", each, "companies"))
    ]
    page = hubspot.search(filters=[filter_of("associations.company", "EQ", str(company))], sorts=BY_ID)
    assert page.ids == employed
    assert employed
    assert all("associations" not in record for record in page.json["results"])
    assert hubspot.search(filters=[filter_of("associations.2-41234567", "EQ", "1")]).status == 400


def test_custom_objects_can_be_searched():
    hubspot = asker(sizes={"cars": 12}, archived_share=0)
    assert hubspot.search("p7654321_cars", sorts=BY_ID).ids == hubspot.live("cars")


def test_a_remembered_result_is_forgotten_when_a_record_changes(three: Asker):
    given = [filter_of("city", "EQ", "paris")]
    assert three.search(filters=given, sorts=BY_ID).ids == [1]
    three.order("change", type="contacts", ids=[3], properties={"city": "Paris"})
    assert three.search(filters=given, sorts=BY_ID).ids == [1, 3]
    three.order("archive", type="contacts", ids=[1])
    assert three.search(filters=given, sorts=BY_ID).ids == [3]
