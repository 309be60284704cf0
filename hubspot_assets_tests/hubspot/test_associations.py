from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.demo_portal.truth import TrueAssociation
from hubspot_assets.hubspot.associations import AssociationBatch, AssociationRead, PairNotAllowed, RecordsUnread
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets_tests.hubspot.scripted_server import Reply

TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "leads": "0-136", "cars": "2-41234567"}
SIZES = {"contacts": 12_500, "companies": 60, "deals": 150, "leads": 40, "cars": 20}


@pytest.fixture(scope="module")
def company() -> Iterator[Portal]:
    with Portal.start(sizes=SIZES, properties={"contacts": 8}) as portal:
        yield portal


@pytest.fixture
def portal(company: Portal) -> Portal:
    company.reset()
    return company


@pytest.fixture
def client(portal: Portal) -> Iterator[Client]:
    with Client(AccessToken(portal.token), base_url=portal.url, budgets=Budgets.unlimited(), patience=60) as client:
        yield client


def read(client: Client, here: str, there: str, ids: Iterable[int], **options: int) -> AssociationRead:
    return AssociationRead(client, TYPE_IDS[here], TYPE_IDS[there], ids, **options)


def rows_of(batch: AssociationBatch) -> list[TrueAssociation]:
    rows = batch.rows
    columns = (rows.from_ids, rows.to_ids, rows.categories, rows.type_ids, rows.labels)
    return [TrueAssociation(*row) for row in zip(*columns, strict=True)]


def everything(read: Iterable[AssociationBatch]) -> tuple[Counter[TrueAssociation], Counter[int]]:
    """All rows and all whole ids; each batch must hold the rows of its own records only."""
    rows, whole = Counter[TrueAssociation](), Counter[int]()
    for batch in read:
        found = rows_of(batch)
        assert {row.from_id for row in found} <= set(batch.whole)
        rows.update(found)
        whole.update(batch.whole)
    return rows, whole


def equal_to_the_portal(portal: Portal, client: Client, here: str, there: str) -> bool:
    ids = portal.ids(here)
    rows, whole = everything(read(client, here, there, ids))
    truth = portal.association_truth(here, there)
    return rows == Counter(truth) and whole == Counter(ids) and bool(truth)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("contacts", "companies"), ("companies", "contacts"), ("deals", "contacts"), ("contacts", "deals"),
        ("leads", "contacts"), ("cars", "contacts"), ("contacts", "cars"),
    ],
)  # fmt: skip
def test_every_association_of_a_pair_is_read_with_all_its_labels(portal, client, here, there):
    assert equal_to_the_portal(portal, client, here, there)


def test_a_record_of_twelve_thousand_associations_is_read_page_by_page(portal, client):
    company, contacts = portal.ids("companies")[0], portal.ids("contacts")[:12_000]
    portal.associate_many("companies", company, "contacts", contacts, "ERP customer")
    assert equal_to_the_portal(portal, client, "companies", "contacts")
    assert len(portal.requests("batch/read")) <= 25
    assert equal_to_the_portal(portal, client, "contacts", "companies")


def test_records_are_not_begun_while_a_thousand_are_unfinished(portal, client):
    portal.behavior(associations_page=1)
    contacts = portal.ids("contacts")[:3_000]
    for company in portal.ids("companies")[:3]:
        portal.associate_many("companies", company, "contacts", contacts)
    begun = []
    ids = (begun.append(each) or each for each in contacts)
    next(iter(read(client, "contacts", "companies", ids, in_flight=2)))
    assert len(begun) <= 2_000


def test_the_pages_of_many_records_travel_together(portal, client):
    portal.behavior(associations_page=5)
    assert equal_to_the_portal(portal, client, "companies", "contacts")
    pairs = {(row.from_id, row.to_id) for row in portal.association_truth("companies", "contacts")}
    busiest = max(Counter(company for company, _ in pairs).values())
    assert len(portal.requests("batch/read")) <= busiest // 5 + 2


def test_labels_of_three_categories_and_of_pairs_of_one_type_are_read(portal, client):
    boss, contact, company = *portal.ids("contacts")[:2], portal.ids("companies")[0]
    for label in ("Primary", "Decision maker", "ERP customer"):
        portal.associate("contacts", contact, "companies", company, label)
    portal.associate("contacts", contact, "contacts", boss, "Manager")
    rows, _ = everything(read(client, "contacts", "companies", [contact]))
    assert {row.category for row in rows if row.to_id == company} == {
        "HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED",
    }  # fmt: skip
    assert equal_to_the_portal(portal, client, "contacts", "contacts")


def test_records_without_associations_are_whole_however_hubspot_says_so(portal, client):
    lonely = portal.create_many("contacts", [{"firstname": "Ada"}, {"firstname": "Bo"}])
    for as_errors in (True, False):
        portal.behavior(empty_associations_as_errors=as_errors)
        (batch,) = read(client, "contacts", "companies", [*lonely, 999_999_999])
        assert (sorted(batch.whole), len(batch.rows)) == (sorted([*lonely, 999_999_999]), 0)


def test_without_records_nothing_is_asked(portal, client):
    assert list(read(client, "contacts", "companies", [])) == []
    assert portal.requests("associations") == []


def test_deals_say_nothing_of_their_leads(portal, client):
    deal, lead = portal.ids("deals")[0], portal.ids("leads")[0]
    portal.associate("leads", lead, "deals", deal)
    assert everything(read(client, "deals", "leads", [deal])) == (Counter(), Counter([deal]))
    assert equal_to_the_portal(portal, client, "leads", "deals")


def test_requests_count_in_the_limits_of_associations(portal, client):
    everything(read(client, "contacts", "companies", portal.ids("contacts")))
    assert set(portal.summary()["by_bucket"]) == {"associations"}


def test_a_read_in_trouble_is_as_complete_as_one_without(portal, client):
    portal.behavior(associations_page=15)
    portal.faults(
        [
            {"kind": kind, "path": "associations", "probability": 0.05, "seed": number}
            for number, kind in enumerate(("server_error", "truncated", "reset", "empty"))
        ]
    )
    assert equal_to_the_portal(portal, client, "companies", "contacts")
    assert client.usage().retries > 0


def test_what_an_edit_between_two_pages_takes_away_ends_the_record_all_the_same(portal, client):
    company = portal.ids("companies")[0]
    portal.behavior(associations_page=5)
    contacts = sorted(row.to_id for row in portal.association_truth("companies", "contacts") if row.from_id == company)
    last = {"type": "contacts", "ids": sorted(set(contacts))[5:]}
    portal.faults([{"kind": "run", "path": "associations", "nth": [2], "order": "archive", "arguments": last}])
    (batch,) = read(client, "companies", "contacts", [company])
    assert (batch.whole, set(batch.rows.to_ids)) == ((company,), set(contacts[:1]) | set(sorted(set(contacts))[:5]))


def test_types_that_are_never_associated_are_told_from_missing_rights(portal, client):
    with pytest.raises(PairNotAllowed, match="does not associate 0-7 with 0-1"):
        list(AssociationRead(client, "0-7", "0-1", [1]))
    token = portal.issue_token(without=["crm.objects.companies.read"])
    with (
        Client(AccessToken(token), base_url=portal.url, budgets=Budgets.unlimited()) as weaker,
        pytest.raises(errors.MissingScopes, match=r"crm\.objects\.companies\.read"),
    ):
        list(read(weaker, "contacts", "companies", [1]))
    portal.faults([{"kind": "forbidden", "path": "associations"}])
    with pytest.raises(errors.Forbidden, match="subscription"):
        list(read(client, "contacts", "companies", [1]))


def test_what_was_read_before_an_error_is_handed_over(portal, client):
    portal.faults([{"kind": "forbidden", "path": "associations", "nth": [3]}])
    ids, whole = portal.ids("contacts"), []
    batches = (batch.whole for batch in read(client, "contacts", "companies", ids, in_flight=1))
    with pytest.raises(errors.Forbidden):
        whole.extend(batches)
    whole = [each for batch in whole for each in batch]
    assert sorted(whole) == sorted(ids[:2_000])


def result(from_id: object, *to_ids: object, after: str | None = None) -> dict[str, object]:
    types = [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}]
    to = [{"toObjectId": each, "associationTypes": types} for each in to_ids]
    paging = {} if after is None else {"paging": {"next": {"after": after, "link": "x"}}}
    return {"from": {"id": from_id}, "to": to, **paging}


def failure(category: str = "INTERNAL_ERROR", **more: object) -> dict[str, object]:
    return {"status": "error", "category": category, "message": "Something went wrong", **more}


def partial(*results: object, errors: list[object]) -> Reply:
    return Reply(207, {"status": "COMPLETE", "results": list(results), "numErrors": len(errors), "errors": errors})


def scripted(client: Client, ids: Iterable[int]) -> tuple[Counter[TrueAssociation], Counter[int]]:
    return everything(AssociationRead(client, "0-1", "0-2", ids))


def test_ids_are_read_as_numbers_and_as_texts(serve, connect):
    server = serve(Reply(body={"results": [result("1", 7, "8"), result(2, "9")]}))
    rows, whole = scripted(connect(server), [1, 2])
    assert {(row.from_id, row.to_id) for row in rows} == {(1, 7), (1, 8), (2, 9)}
    assert whole == Counter([1, 2])


def test_only_the_records_of_an_unusual_error_are_asked_for_again(serve, connect, clock):
    named = failure(context={"fromObjectId": ["2"]})
    server = serve(partial(result("1", 7), errors=[named]), Reply(body={"results": [result("2", 8)]}))
    rows, whole = scripted(connect(server), [1, 2, 3])
    assert {(row.from_id, row.to_id) for row in rows} == {(1, 7), (2, 8)}
    assert whole == Counter([1, 2, 3])
    assert [each["id"] for each in server.asked[1].json["inputs"]] == ["2"]
    assert clock.sleeps == [1.0]


def test_an_error_that_names_no_record_leaves_open_all_that_nothing_else_is_said_about(serve, connect):
    absent = failure("OBJECT_NOT_FOUND", context={"fromObjectId": ["3"]})
    server = serve(partial(result("1", 7), errors=[absent, failure()]), Reply(body={"results": [result("2", 8)]}))
    _, whole = scripted(connect(server), [1, 2, 3, 4])
    assert whole == Counter([1, 2, 3, 4])
    assert [each["id"] for each in server.asked[1].json["inputs"]] == ["2", "4"]


def test_records_that_only_errors_are_answered_for_fail_the_read(serve, connect):
    server = serve(partial(errors=[failure("VALIDATION_ERROR", context={"id": ["2"]})]))
    with pytest.raises(RecordsUnread, match=r"\(0-1 to 0-2\) of 1 records, 2 among them: Something went wrong\."):
        scripted(connect(server), [1, 2])
    assert len(server.asked) == 4


def test_a_cursor_that_leads_to_itself_ends_the_read_instead_of_going_on_for_ever(serve, connect):
    server = serve(Reply(body={"results": [result("1", 7, after="abc")]}))
    with pytest.raises(errors.UnreadableAnswer, match="the page of record 1 after 'abc' leads to itself"):
        scripted(connect(server), [1])


def test_a_refused_cursor_is_no_refused_pair(serve, connect):
    refusal = Reply(400, {"status": "error", "message": "Invalid paging cursor", "category": "VALIDATION_ERROR"})
    server = serve(Reply(body={"results": [result("1", 7, after="abc")]}), refusal)
    with pytest.raises(errors.BadRequest, match="Invalid paging cursor") as caught:
        scripted(connect(server), [1])
    assert not isinstance(caught.value, PairNotAllowed)
