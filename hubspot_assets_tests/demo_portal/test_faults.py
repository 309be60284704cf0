import pytest

from hubspot_assets.demo_portal.orders import BadOrder
from hubspot_assets_tests.demo_portal.asker import Asker, asker

CONTACTS = "/crm/objects/2026-09/contacts"


def statuses(hubspot: Asker, count: int = 6, path: str = CONTACTS) -> list[int]:
    return [hubspot.get(path).status for _ in range(count)]


@pytest.mark.parametrize(
    ("rule", "status", "expected"),
    [
        ({"kind": "expired_token"}, 401, {"category": "EXPIRED_AUTHENTICATION"}),
        ({"kind": "forbidden"}, 403, {"message": "You do not have permissions to view this object type."}),
        ({"kind": "missing_scopes", "scopes": ["tickets"]}, 403, {"category": "MISSING_SCOPES"}),
        ({"kind": "locked"}, 423, {"status": "error"}),
        ({"kind": "burst_limit"}, 429, {"policyName": "TEN_SECONDLY_ROLLING"}),
        ({"kind": "search_limit"}, 429, {"category": "RATE_LIMITS"}),
        ({"kind": "daily_limit"}, 429, {"policyName": "DAILY"}),
        ({"kind": "migrating"}, 477, {"status": "error"}),
        ({"kind": "server_error"}, 500, {"message": "internal error"}),
        ({"kind": "server_error", "status": 503}, 503, {"status": "error"}),
    ],
)
def test_a_fault_answers_as_hubspot_does(hubspot: Asker, rule: dict, status: int, expected: dict[str, str]):
    hubspot.order("faults", rules=[rule])
    reply = hubspot.get(CONTACTS)
    assert reply.status == status
    assert expected.items() <= reply.json.items()
    assert reply.json["correlationId"]
    hubspot.order("faults", rules=[])
    assert hubspot.get(CONTACTS).status == 200


def test_the_network_in_front_of_hubspot_fails_with_a_page_of_html(hubspot: Asker):
    hubspot.order("faults", rules=[{"kind": "cloudflare"}])
    reply = hubspot.get(CONTACTS)
    assert (reply.status, reply.headers["content-type"]) == (502, "text/html;charset=utf-8")
    assert b"cloudflare" in reply.body


def test_bodies_can_be_cut_empty_or_no_json_under_a_good_status(hubspot: Asker):
    whole = hubspot.get(CONTACTS).body
    for kind, check in (
        ("truncated", lambda body: whole.startswith(body) and 0 < len(body) < len(whole)),
        ("empty", lambda body: body == b""),
        ("not_json", lambda body: body.startswith(b"<!DOCTYPE html>")),
    ):
        hubspot.order("faults", rules=[{"kind": kind}])
        reply = hubspot.get(CONTACTS)
        assert reply.status == 200
        assert int(reply.headers["content-length"]) == len(reply.body)
        assert check(reply.body), kind


def test_retry_after_is_sent_where_the_rule_says_so(hubspot: Asker):
    hubspot.order("faults", rules=[{"kind": "migrating", "nth": 1}, {"kind": "burst_limit", "retry_after": 0.5}])
    assert hubspot.get(CONTACTS).headers["retry-after"] == "3600"
    assert hubspot.get(CONTACTS).headers["retry-after"] == "0.5"


def test_a_rule_hits_the_requests_it_names(hubspot: Asker):
    for rule, expected in (
        ({"nth": [2, 4]}, [200, 500, 200, 500, 200, 200]),
        ({"nth": 1}, [500, 200, 200, 200, 200, 200]),
        ({"every": 3}, [200, 200, 500, 200, 200, 500]),
        ({"times": 2}, [500, 500, 200, 200, 200, 200]),
        ({"method": "POST"}, [200] * 6),
        ({"path": "companies"}, [200] * 6),
        ({"path": r"objects/2026-09/contacts$"}, [500] * 6),
    ):
        hubspot.order("faults", rules=[{"kind": "server_error", **rule}])
        assert statuses(hubspot) == expected, rule


def test_a_rule_sees_the_query_too(hubspot: Asker):
    hubspot.order("faults", rules=[{"kind": "server_error", "path": "dataSensitivity=sensitive"}])
    assert hubspot.get("/crm/properties/2026-09/contacts").status == 200
    assert hubspot.get("/crm/properties/2026-09/contacts", dataSensitivity="sensitive").status == 500


def test_chance_follows_its_seed(hubspot: Asker):
    def drawn(seed: int) -> list[int]:
        hubspot.order("faults", rules=[{"kind": "server_error", "probability": 0.3, "seed": seed}])
        return statuses(hubspot, 60)

    assert drawn(1) == drawn(1) != drawn(2)
    assert 5 < drawn(1).count(500) < 35


def test_a_refused_token_or_a_reached_limit_is_no_request_that_a_rule_counts(hubspot: Asker):
    hubspot.order("faults", rules=[{"kind": "server_error", "nth": 1}])
    assert hubspot.get(CONTACTS, "nonsense").status == 401
    assert hubspot.get(CONTACTS).status == 500


def test_an_order_can_be_carried_out_between_two_requests():
    hubspot = asker(sizes={"contacts": 20}, archived_share=0, merged_share=0)
    ids = hubspot.live()
    order = {"kind": "run", "nth": 2, "order": "archive", "arguments": {"type": "contacts", "ids": [ids[12]]}}
    hubspot.order("faults", rules=[order])
    assert [page.ids for page in hubspot.pages(CONTACTS, limit=10)] == [ids[:10], ids[10:12] + ids[13:]]


def test_a_rule_that_is_not_understood_is_refused(hubspot: Asker):
    with pytest.raises(BadOrder, match="There is no fault 'explode'; there are expired_token"):
        hubspot.order("faults", rules=[{"kind": "explode"}])
    with pytest.raises(BadOrder, match=r"A fault has no field 'chance'; it has .*probability"):
        hubspot.order("faults", rules=[{"kind": "reset", "chance": 1}])


def test_faults_are_named_in_the_log(hubspot: Asker):
    hubspot.order("faults", rules=[{"kind": "server_error", "nth": 2}])
    statuses(hubspot, 3)
    logged = [each.as_json() for each in hubspot.account.requests.requests]
    assert [(each["status"], each["fault"]) for each in logged] == [(200, ""), (500, "server_error"), (200, "")]
    assert [each["rows"] for each in logged] == [10, 0, 10]
    assert hubspot.account.requests.summary()["by_bucket"] == {"burst": {"200": 2, "500": 1}}
