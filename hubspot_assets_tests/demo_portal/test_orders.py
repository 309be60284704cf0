from datetime import UTC, datetime

import pytest

from hubspot_assets.demo_portal.control_plane import true_records
from hubspot_assets.demo_portal.orders import ORDERS, BadOrder
from hubspot_assets.demo_portal.truth import Truth
from hubspot_assets_tests.demo_portal.asker import Asker, asker


def truth(hubspot: Asker, name: str = "contacts") -> Truth:
    return Truth.of(true_records(hubspot.account.stores[name]))


def test_a_change_moves_last_modified_everywhere_it_is_shown(hubspot: Asker):
    record_id = hubspot.live()[0]
    hubspot.order("clock", frozen=True)
    hubspot.order("change", type="contacts", ids=[record_id], properties={"city": "Lima"})
    record = truth(hubspot).live[record_id]
    assert record.properties["city"] == "Lima"
    assert record.properties["lastmodifieddate"] == record.properties["hs_lastmodifieddate"]
    shown = hubspot.get(f"/crm/objects/2026-09/contacts/{record_id}").json["updatedAt"]
    assert shown == record.properties["lastmodifieddate"]
    assert record.updated_at == datetime.fromtimestamp(hubspot.account.clock.now() / 1000, UTC)


def test_a_calculated_change_moves_the_value_but_not_last_modified(hubspot: Asker):
    record_id = hubspot.live()[0]
    before = truth(hubspot).live[record_id]
    hubspot.order("change", type="contacts", ids=[record_id], properties={"hubspotscore": "999"}, touch=False)
    after = truth(hubspot).live[record_id]
    assert after.properties["hubspotscore"] == "999"
    assert after.updated_at == before.updated_at
    assert after.properties["lastmodifieddate"] == before.properties["lastmodifieddate"]


def test_a_mass_change_takes_the_first_records_or_all_in_one_millisecond(hubspot: Asker):
    live = hubspot.live()
    assert hubspot.order("change", type="contacts", properties={"city": "Lima"}, count=7) == {"changed": 7}
    changed = [each for each, record in truth(hubspot).live.items() if record.properties.get("city") == "Lima"]
    assert sorted(changed) == live[:7]
    assert len({truth(hubspot).live[each].updated_at for each in changed}) == 1
    assert hubspot.order("change", type="contacts", properties={}) == {"changed": len(live)}


def test_archiving_and_restoring_leave_the_values_and_last_modified_alone(hubspot: Asker):
    record_id = hubspot.live()[0]
    before = truth(hubspot).live[record_id]
    hubspot.order("archive", type="contacts", ids=[record_id])
    archived = truth(hubspot).archived[record_id]
    assert archived.archived_at is not None
    assert (archived.properties, archived.updated_at) == (before.properties, before.updated_at)
    hubspot.order("restore", type="contacts", ids=[record_id])
    assert truth(hubspot).live[record_id] == before
    hubspot.order("archive", type="contacts", ids=[record_id])
    hubspot.order("restore", type="contacts", ids=[record_id], touch=True)
    assert truth(hubspot).live[record_id].updated_at > before.updated_at


def test_a_merge_takes_the_absorbed_out_of_every_list_and_names_them_in_the_survivor(hubspot: Asker):
    a, b, c, d = hubspot.live()[:4]
    hubspot.order("merge", type="contacts", survivor=b, absorbed=[c])
    hubspot.order("merge", type="contacts", survivor=a, absorbed=[b, d])
    now = truth(hubspot)
    assert set(now.live[a].properties["hs_merged_object_ids"].split(";")) >= {str(b), str(c), str(d)}
    assert {each: now.merged[each] for each in (b, c, d)} == {b: a, c: a, d: a}
    assert not {b, c, d} & {*now.live, *now.archived}


def test_a_merge_can_mint_a_new_id_that_absorbs_the_survivor_too(hubspot: Asker):
    a, b = hubspot.live()[:2]
    email = hubspot.value("contacts", a, "email")
    minted = hubspot.order("merge", type="contacts", survivor=a, absorbed=[b], mint=True)["id"]
    now = truth(hubspot)
    assert minted == max(now.live)
    assert (now.merged[a], now.merged[b]) == (minted, minted)
    assert now.live[minted].properties["email"] == email
    assert now.live[minted].properties["hs_object_id"] == str(minted)
    assert {str(a), str(b)} <= set(now.live[minted].properties["hs_merged_object_ids"].split(";"))


def test_purged_records_are_nowhere_whether_they_were_live_or_archived(hubspot: Asker):
    live, archived = hubspot.live()[0], hubspot.archived()[0]
    hubspot.order("purge", type="contacts", ids=[live, archived])
    now = truth(hubspot)
    assert now.purged == {live, archived}
    assert not now.purged & {*now.live, *now.archived}
    assert hubspot.get(f"/crm/objects/2026-09/contacts/{archived}", archived="true").status == 404


def test_the_recycle_bin_forgets_after_ninety_days(hubspot: Asker):
    record_id = hubspot.live()[0]
    hubspot.order("archive", type="contacts", ids=[record_id])
    hubspot.order("clock", advance=89 * 86_400)
    assert hubspot.archived() == [record_id]
    hubspot.order("clock", advance=2 * 86_400)
    assert hubspot.archived() == []
    assert record_id in truth(hubspot).purged


def test_new_records_get_ids_above_all_others_unless_one_is_given(hubspot: Asker):
    highest = max(hubspot.live() + hubspot.archived())
    ids = hubspot.order("create_many", type="contacts", records=[{"city": "Lima"}, {}])["ids"]
    assert highest < ids[0] < ids[1]
    assert hubspot.order("create", type="contacts", id=7) == {"id": 7}
    record = truth(hubspot).live[ids[0]]
    assert record.properties["city"] == "Lima"
    assert record.created_at == record.updated_at


def test_the_clock_can_be_moved_set_and_stopped(hubspot: Asker):
    assert hubspot.order("clock", now="2027-01-01T00:00:00Z")["now"].startswith("2027-01-01T00:00:00.")
    stopped = hubspot.order("clock", frozen=True)["now"]
    first, second = (hubspot.order("create", type="contacts")["id"] for _ in range(2))
    assert truth(hubspot).live[first].created_at == truth(hubspot).live[second].created_at
    assert hubspot.order("clock", advance=1.5)["now"] > stopped
    assert hubspot.order("clock", frozen=False)["now"].startswith("2027-01-01T00:00:0")


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("explode", {}, "There is no order 'explode'; there are create"),
        ("archive", {"type": "contacts", "ids": [4]}, "There is no live record 4 among contacts"),
        ("restore", {"type": "contacts", "ids": [4]}, "There is no archived record 4 among contacts"),
        ("purge", {"type": "contacts", "ids": [4]}, "There is no record 4 to purge"),
        ("merge", {"type": "contacts", "survivor": 1, "absorbed": [1]}, "A merge needs a survivor and other records"),
        ("change", {"type": "contacts", "properties": {"nonsense": "1"}}, "There is no property 'nonsense'"),
        ("change", {"type": "cats", "properties": {}}, "The portal has no object type 'cats'; it has contacts"),
        ("change", {"type": "contacts", "properties": {"createdate": "x"}}, "HubSpot sets the property 'createdate'"),
        ("change", {"type": "contacts"}, "missing 1 required positional argument: 'properties'"),
        ("create", {"type": "contacts", "id": 1}, "There is a record 1 already"),
        ("create_property", {"type": "contacts", "name": "email"}, "contacts have a property email already"),
        ("create_many", {"type": "contacts", "records": [{}, {"nonsense": ""}]}, "There is no property 'nonsense'"),
        ("create_property", {"type": "contacts", "name": "x", "values": {"4": "1"}}, "There is no live record 4"),
        ("archive_property", {"type": "contacts", "name": "nonsense"}, "There is no property 'nonsense'"),
        ("clock", {"now": "soon"}, "An instant is ISO 8601 text, not 'soon'"),
        ("behavior", {"mood": 1}, "There is no switch 'mood'; there are short_pages"),
        ("limits", {"brust": 1}, "unexpected keyword argument 'brust'"),
    ],
)
def test_an_order_that_cannot_be_carried_out_says_why_and_changes_nothing(name: str, arguments: dict, message: str):
    hubspot = asker(sizes={"contacts": 20}, archived_share=0, merged_share=0)
    before = truth(hubspot)
    with pytest.raises(BadOrder) as raised:
        hubspot.order(name, **arguments)
    assert message in str(raised.value)
    assert truth(hubspot) == before


def test_every_order_says_what_it_does():
    assert all(order.__doc__ for order in ORDERS.values())


def test_records_can_be_rendered_ahead_of_the_first_read(hubspot: Asker):
    hubspot.order("render_ahead", type="contacts")
    records = list(hubspot.account.stores["contacts"].live.values())
    rendered = [record.rendering for record in records]
    names = ",".join(hubspot.account.stores["contacts"].layout.by_name)
    assert len(hubspot.get("/crm/objects/2026-09/contacts", limit=100, properties=names).ids) == len(records)
    assert all(record.rendering is before is not None for record, before in zip(records, rendered, strict=True))


def test_a_reset_begins_again_with_the_data_definitions_and_switches_of_the_start(hubspot: Asker):
    before = truth(hubspot)
    hubspot.order("purge", type="contacts", ids=hubspot.live()[:9])
    hubspot.order("create_property", type="contacts", name="shoe_size")
    hubspot.order("faults", rules=[{"kind": "server_error"}])
    hubspot.order("clock", advance=3600)
    assert hubspot.get("/crm/objects/2026-09/contacts").status == 500
    hubspot.order("reset")
    assert truth(hubspot) == before
    assert hubspot.get("/crm/objects/2026-09/contacts").status == 200
    assert hubspot.get("/crm/properties/2026-09/contacts/shoe_size").status == 404
    assert hubspot.account.requests.summary()["total"] == 2
