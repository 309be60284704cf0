"""Associations by batch and one by one, and the labels that pairs can have."""

from hubspot_assets.demo_portal.associations import AssociationType
from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.errors import invalid
from hubspot_assets.demo_portal.inline_associations import cursor, live_associations
from hubspot_assets.demo_portal.limits import Bucket
from hubspot_assets.demo_portal.portal_types import PortalType

MAX_INPUTS = 1_000
MAX_LIMIT = 500


def batch_read(call: Call) -> Answer:
    """What up to 1,000 records are associated with; each record pages on its own (`after` of its input)."""
    here, there = _pair(call)
    inputs = call.json().get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) and "id" in each for each in inputs):
        raise invalid("Invalid input JSON: inputs is a list of objects with an id")
    if len(inputs) > MAX_INPUTS:
        raise invalid(f"The maximum number of inputs supported in a batch request is {MAX_INPUTS}")
    now = instant_text(call.account.clock.now())
    results, without = [], []
    for each in inputs:
        # Version 3 knows no `after` per record: it gives the first page again, for ever.
        after = "" if call.version == "v3" else str(each.get("after") or "")
        page = _page(call, here, there, str(each["id"]), after, call.account.behavior.associations_page)
        if page["results"]:
            found = {"from": {"id": str(each["id"])}, "to": page.pop("results"), **page}
            results.append(found)
        else:
            without.append(str(each["id"]))
    body: dict[str, object] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if not without or not call.account.behavior.empty_associations_as_errors:
        return answer(body)
    body["numErrors"] = len(without)
    body["errors"] = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No {here.singular} is associated with {there.singular}",
            "context": {"fromObjectId": [record_id]},
        }
        for record_id in without
    ]
    return answer(body, 207)


def list_associations(call: Call) -> Answer:
    """What one record is associated with."""
    here, there = _pair(call)
    limit = call.limit(MAX_LIMIT, MAX_LIMIT)
    return answer(_page(call, here, there, call.parameters["id"], call.parameter("after"), limit))


def labels(call: Call) -> Answer:
    """The association types of a pair, in the direction asked for."""
    here, there = _pair(call)
    return answer({"results": [each.as_json() for each in call.account.associations.types(here.name, there.name)]})


def _pair(call: Call) -> tuple[PortalType, PortalType]:
    here, there = call.object_type("type"), call.object_type("to")
    call.token.require(*here.scopes)
    call.token.require(*there.scopes)
    return here, there


def _page(call: Call, here: PortalType, there: PortalType, record_id: str, after: str, limit: int) -> dict[str, object]:
    found: list[tuple[int, tuple[AssociationType, ...]]] = (
        live_associations(call.account, here.name, int(record_id), there.name)
        if record_id.isdigit() and int(record_id) in call.account.stores[here.name].live
        else []
    )
    cursors = [cursor(there, to_id) for to_id, _ in found] if after else []
    if after:
        if after not in cursors:
            raise invalid("Invalid paging cursor", after=[after])
        found = found[cursors.index(after) :]
    body: dict[str, object] = {
        "results": [
            {"toObjectId": to_id, "associationTypes": [each.as_json() for each in types]}
            for to_id, types in found[:limit]
        ]
    }
    if len(found) > limit:
        next_cursor = cursor(there, found[limit][0])
        path = f"/crm/{call.version}/objects/{here.object_type_id}/{record_id}/associations/{there.object_type_id}"
        body["paging"] = {"next": {"after": next_cursor, "link": f"https://api.hubapi.com{path}?after={next_cursor}"}}
    return body


ENDPOINTS = (
    Endpoint("POST", "/crm/associations/{type}/{to}/batch/read", batch_read, Bucket.ASSOCIATIONS),
    Endpoint("GET", "/crm/associations/{type}/{to}/labels", labels, Bucket.ASSOCIATIONS),
    Endpoint("GET", "/crm/objects/{type}/{id}/associations/{to}", list_associations, Bucket.ASSOCIATIONS),
)
