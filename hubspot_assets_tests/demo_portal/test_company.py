import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hubspot_assets.demo_portal.company.build import DEFAULT_SIZES
from hubspot_assets.demo_portal.control_plane import true_records
from hubspot_assets.demo_portal.pipelines import DEAL_STAGES
from hubspot_assets.demo_portal.truth import Truth
from hubspot_assets_tests.demo_portal.asker import Asker, asker

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def company() -> Asker:
    return asker(sizes=None)


@pytest.fixture(scope="module")
def truths(company: Asker) -> dict[str, Truth]:
    return {name: Truth.of(true_records(store)) for name, store in company.account.stores.items()}


def everything(hubspot: Asker) -> bytes:
    rows = {name: list(true_records(store)) for name, store in hubspot.account.stores.items()}
    return json.dumps(rows, sort_keys=True).encode()


def test_the_same_seed_makes_the_same_company_and_another_seed_another():
    sizes = {"contacts": 50, "companies": 10, "deals": 20, "products": 5, "line_items": 30}
    first, again, other = (everything(asker(sizes=sizes, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_company_has_records_of_every_type_in_the_sizes_it_promises(truths: dict[str, Truth]):
    counts = {name: len(truth.live) + len(truth.archived) + len(truth.merged) for name, truth in truths.items()}
    assert counts == dict(DEFAULT_SIZES)


def test_two_or_three_of_a_hundred_records_are_archived_and_the_recycle_bin_is_not_older_than_it_can_be(
    truths: dict[str, Truth],
):
    for name in ("contacts", "companies", "deals", "tickets", "line_items"):
        truth = truths[name]
        assert 0.02 < len(truth.archived) / (len(truth.live) + len(truth.archived)) < 0.03
        for record in truth.archived.values():
            assert record.archived_at is not None
            assert max(record.updated_at, NOW - timedelta(days=90)) <= record.archived_at <= NOW


def test_some_records_were_merged_and_their_survivors_say_so(truths: dict[str, Truth]):
    for name in ("contacts", "companies", "deals", "tickets"):
        truth = truths[name]
        assert truth.merged
        for gone, into in truth.merged.items():
            survivor = truth.live.get(into) or truth.archived[into]
            assert str(gone) in survivor.properties["hs_merged_object_ids"].split(";")


def test_ids_are_of_mixed_magnitudes_with_gaps(truths: dict[str, Truth]):
    lengths = Counter(len(str(record_id)) for record_id in truths["contacts"].live)
    assert lengths[11] > 1_000
    assert lengths[12] > 100
    assert sum(count for length, count in lengths.items() if length < 7) > 100
    assert {1, 51, 101} <= {*truths["contacts"].live, *truths["contacts"].archived, *truths["contacts"].merged}


def test_records_were_created_before_they_changed_and_changed_before_now(truths: dict[str, Truth]):
    for truth in truths.values():
        for record in truth.live.values():
            assert record.created_at <= record.updated_at <= NOW


def test_line_items_sell_products_and_add_up_to_their_deals_amount(company: Asker, truths: dict[str, Truth]):
    products = {**truths["products"].live, **truths["products"].archived}
    totals: dict[int, Decimal] = {}
    lines = {**truths["line_items"].live, **truths["line_items"].archived}
    for record_id, line in lines.items():
        product = products[int(line.properties["hs_product_id"])]
        assert line.properties["price"] == product.properties["price"]
        assert line.properties["name"] == product.properties["name"]
        ((deal, _),) = company.account.associations.of("line_items", record_id, "deals")
        totals[deal] = totals.get(deal, Decimal(0)) + Decimal(line.properties["amount"])
    # A merge moves lines to the survivor, which keeps the amount it had.
    survivors = set(truths["deals"].merged.values())
    for deal, total in totals.items():
        if deal in truths["deals"].live and deal not in survivors:
            assert Decimal(truths["deals"].live[deal].properties["amount"]) == total


def test_deals_move_through_the_stages_in_order(company: Asker, truths: dict[str, Truth]):
    order = [stage.id for stage in DEAL_STAGES]
    stages = Counter(record.properties["dealstage"] for record in truths["deals"].live.values())
    assert set(stages) == set(order)
    for record in company.account.stores["deals"].live.values():
        passed = [version.value for version in record.history or () if version.name == "dealstage"]
        assert passed == sorted(passed, key=lambda stage: order.index(str(stage)))
        assert passed[-1] == truths["deals"].live[record.id].properties["dealstage"]


def test_most_contacts_work_for_a_company_whose_domain_they_write_from(company: Asker, truths: dict[str, Truth]):
    companies = {**truths["companies"].live, **truths["companies"].archived}
    employed = [record for record in truths["contacts"].live.values() if record.properties.get("associatedcompanyid")]
    assert len(employed) > 0.7 * len(truths["contacts"].live)
    met = 0
    for record in employed:
        employer = companies.get(int(record.properties["associatedcompanyid"]))
        if employer is not None:
            met += 1
            assert record.properties["email"].endswith("@" + employer.properties["domain"])
    assert met > 0.9 * len(employed)


def test_deals_belong_to_someone_and_are_with_people_of_their_customer(company: Asker, truths: dict[str, Truth]):
    associations, deals = company.account.associations, truths["deals"]
    survivors = set(deals.merged.values())
    owners = {str(each) for each in company.account.people.owners}
    with_contacts = with_colleagues = 0
    for record_id, deal in deals.live.items():
        assert deal.properties["hubspot_owner_id"] in owners
        customers = associations.of("deals", record_id, "companies")
        assert record_id in survivors or [each.label for each in customers[0][1]] == [None, "Primary"]
        contacts = [contact for contact, _ in associations.of("deals", record_id, "contacts")]
        with_contacts += bool(contacts)
        works_for = {to_id for each in contacts for to_id, _ in associations.of("contacts", each, "companies")}
        with_colleagues += bool(works_for & {to_id for to_id, _ in customers})
    assert 0.85 < with_contacts / len(deals.live) < 0.99
    assert with_colleagues > 0.8 * with_contacts


def test_new_tickets_wait_in_the_queue_and_others_have_an_agent(company: Asker, truths: dict[str, Truth]):
    owners = company.account.people.owners
    for ticket in truths["tickets"].live.values():
        owner = owners[int(ticket.properties["hubspot_owner_id"])]
        assert (owner.user_id is None) == (ticket.properties["hs_pipeline_stage"] == "1")


def test_associations_have_labels_of_three_categories_and_cross_types(company: Asker):
    labels = {
        (each.category, each.label)
        for _, _, types in company.account.associations.pairs("contacts", "companies")
        for each in types
    }
    assert {("HUBSPOT_DEFINED", None), ("HUBSPOT_DEFINED", "Primary"), ("USER_DEFINED", "Decision maker")} < labels
    assert ("INTEGRATOR_DEFINED", "ERP customer") in labels
    for pair in (
        ("tickets", "companies"),
        ("leads", "companies"),
        ("cars", "companies"),
        ("contacts", "contacts"),
        ("calls", "contacts"),
        ("feedback_submissions", "companies"),
    ):
        assert any(company.account.associations.pairs(*pair)), pair


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("lifetime_value_exact", {"0.1234567890123456789", "123456789012345678901234567890123456789012", "1E+3", ""}),
        ("contract_renewal_date", {"2026-02-30", "1767139200000"}),
        ("legacy_import_time", {"1767139200000", "not yet", "2026-11-30T14:03:00.123+02:00"}),
        ("newsletter_opt_in", {"Yes", "No"}),
        ("about", {"line one\nline two\r\nline three\ttabbed", "null"}),
        ("webinar_interests", {""}),
    ],
)
def test_the_odd_values_of_real_accounts_are_there(truths: dict[str, Truth], name: str, values: set[str]):
    records = [*truths["contacts"].live.values(), *truths["contacts"].archived.values()]
    assert values <= {record.properties.get(name) for record in records}


def test_values_are_unset_cleared_and_multiple(truths: dict[str, Truth]):
    interests = [record.properties.get("webinar_interests") for record in truths["contacts"].live.values()]
    assert None in interests
    assert any(each and each.count(";") for each in interests)


def test_odd_values_can_be_left_out():
    hubspot = asker(sizes={"contacts": 300}, odd_values=False)
    values = {
        record.properties.get("newsletter_opt_in")
        for record in Truth.of(true_records(hubspot.account.stores["contacts"])).live.values()
    }
    assert values == {"true", "false", None}


@pytest.mark.parametrize("count", [10, 60, 400])
def test_an_object_type_has_exactly_as_many_properties_as_asked_for(count: int):
    hubspot = asker(sizes={"contacts": 5}, properties={"contacts": count})
    found = [
        each["name"]
        for sensitivity in ("non_sensitive", "sensitive", "highly_sensitive")
        for each in hubspot.get("/crm/properties/2026-09/contacts", dataSensitivity=sensitivity).json["results"]
    ]
    assert len(found) == len(set(found)) == count
    assert {"hs_object_id", "createdate", "lastmodifieddate"} <= set(found)


def test_twelve_hundred_long_names_overflow_an_address_but_not_a_body():
    hubspot = asker(sizes={"contacts": 20}, properties={"contacts": 1_200}, long_property_names=True)
    names = [each["name"] for each in hubspot.get("/crm/properties/2026-09/contacts").json["results"]]
    assert hubspot.get("/crm/objects/2026-09/contacts", properties=",".join(names)).status == 414
    inputs = [{"id": str(each)} for each in hubspot.live()]
    page = hubspot.post("/crm/objects/2026-09/contacts/batch/read", {"inputs": inputs, "properties": names}).json
    assert all(len(record["properties"]) == len(names) for record in page["results"])
    filled = [value for record in page["results"] for name, value in record["properties"].items() if name[0] == "a"]
    assert any(filled)


def test_dense_ids_are_one_to_n():
    assert asker(ids="dense", archived_share=0, merged_share=0).live() == list(range(1, 61))


def test_a_type_with_one_record_or_none_is_no_problem():
    for size in (0, 1):
        sizes = dict.fromkeys(DEFAULT_SIZES, size)
        hubspot = asker(sizes=sizes)
        assert all(len(store.live) + len(store.archived) == size for store in hubspot.account.stores.values())


def test_an_unknown_type_or_too_few_properties_are_refused():
    with pytest.raises(KeyError, match="The portal has no object type 'cats'"):
        asker(sizes={"cats": 1})
    with pytest.raises(ValueError, match="contacts cannot have fewer than 4 properties"):
        asker(properties={"contacts": 2})
