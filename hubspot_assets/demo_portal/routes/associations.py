"""Associations by batch and one by one, and the labels that pairs can have.

Rows are written as bytes: the batch read is asked for a thousand records at a time.
"""

import binascii
from base64 import b64decode

import msgspec

from hubspot_assets.demo_portal.associations import page_of
from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer, encode
from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.errors import invalid, pair_not_allowed
from hubspot_assets.demo_portal.inline_associations import cursor
from hubspot_assets.demo_portal.limits import Bucket
from hubspot_assets.demo_portal.portal_types import PortalType

MAX_INPUTS = 1_000
MAX_LIMIT = 500


class _Input(msgspec.Struct):
    id: str | int
    after: str | None = None


class _Body(msgspec.Struct):
    inputs: list[_Input]


_decode = msgspec.json.Decoder(_Body).decode


def batch_read(call: Call) -> Answer:
    """What up to 1,000 records are associated with; each record pages on its own (`after` of its input)."""
    here, there = _pair(call)
    inputs = _inputs(call)
    pages = _Pages(call, here, there)
    limit = call.account.behavior.associations_page
    results, errors, rows = [], [], 0
    for each in inputs:
        record_id = str(each.id)
        if not record_id.isdecimal():
            errors.append(_identifier_invalid(record_id))
            continue
        # Version 3 knows no `after` per record: it gives the first page again, forever.
        start = _start(each.after) if each.after and call.version != "v3" else 0
        page, count = pages.render(int(record_id), start, limit)
        if count:
            results.append(b'{"from":{"id":"%d"},"to":%b}' % (int(record_id), page))
            rows += count
        elif call.account.behavior.empty_associations_as_errors:
            errors.append(pages.nothing_found(record_id))
    now = instant_text(call.account.clock.now()).encode()
    parts = [b'{"status":"COMPLETE","results":[', b",".join(results), b"]"]
    if errors:
        parts += [b',"numErrors":%d,"errors":[' % len(errors), b",".join(errors), b"]"]
    parts.append(b',"startedAt":"%b","completedAt":"%b"}' % (now, now))
    return Answer(b"".join(parts), 207 if errors else 200, rows)


def list_associations(call: Call) -> Answer:
    """What one record is associated with."""
    here, there = _pair(call)
    limit = call.limit(MAX_LIMIT, MAX_LIMIT)
    record_id, after = call.parameters["id"], call.parameter("after")
    if not record_id.isdecimal():
        raise invalid(f"Unable to parse value for path parameter: {record_id}")
    page, count = _Pages(call, here, there).render(int(record_id), _start(after) if after else 0, limit)
    return Answer(b'{"results":%b}' % page, rows=count)


def labels(call: Call) -> Answer:
    """The association types of a pair, in the direction asked for."""
    here, there = _pair(call)
    return answer({"results": [each.as_json() for each in call.account.associations.types(here.name, there.name)]})


class _Pages:
    """Pages of the associations of one pair, as bytes."""

    def __init__(self, call: Call, here: PortalType, there: PortalType) -> None:
        self._associations = call.account.associations
        self._here, self._there = here, there
        self._from_live = call.account.stores[here.name].live
        self._to_live = call.account.stores[there.name].live
        self._version = call.version

    def render(self, record_id: int, start: int, limit: int) -> tuple[bytes, int]:
        """A list of rows, with `paging` after it where there are more, and how many rows there are."""
        if record_id not in self._from_live:
            return b"[]", 0
        targets = self._associations.targets(self._here.name, record_id, self._there.name)
        ids, following = page_of(targets, self._to_live, start, limit)
        as_json = self._associations.as_json
        rows = [b'{"toObjectId":%d,"associationTypes":%b}' % (each, as_json(targets[each])) for each in ids]
        page = b"[%b]" % b",".join(rows)
        return (page if following is None else page + self._paging(record_id, following)), len(rows)

    def nothing_found(self, record_id: str) -> bytes:
        """The error that stands for an empty result, as recorded on live accounts."""
        here, there = self._here.singular, self._there.singular
        return encode(
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                "message": f"No {there} is associated with {here} {record_id}.",
                "context": {"fromObjectId": [record_id], "fromObjectType": [here], "toObjectType": [there]},
            }
        )

    def _paging(self, record_id: int, following: int) -> bytes:
        after = cursor(self._there, following)
        here, there = self._here.object_type_id, self._there.object_type_id
        path = f"/crm/{self._version}/objects/{here}/{record_id}/associations/{there}"
        link = f"https://api.hubapi.com{path}?after={after}"
        return b',"paging":' + encode({"next": {"after": after, "link": link}})


def _pair(call: Call) -> tuple[PortalType, PortalType]:
    here, there = call.object_type("type"), call.object_type("to")
    call.token.require(*here.scopes)
    call.token.require(*there.scopes)
    if not call.account.associations.types(here.name, there.name):
        raise pair_not_allowed(here.object_type_id, there.object_type_id)
    return here, there


def _inputs(call: Call) -> list[_Input]:
    try:
        inputs = _decode(call.body).inputs
    except msgspec.MsgspecError:
        raise invalid("Invalid input JSON: inputs is a list of objects with an id") from None
    if len(inputs) > MAX_INPUTS:
        raise invalid(f"The maximum number of inputs supported in a batch request is {MAX_INPUTS}")
    return inputs


def _start(after: str) -> int:
    """The record id in a cursor (see `cursor`)."""
    try:
        return int(b64decode(after, validate=True).rpartition(b"-")[2])
    except (binascii.Error, ValueError):
        raise invalid("Invalid paging cursor", after=[after]) from None


def _identifier_invalid(record_id: str) -> bytes:
    return encode(
        {
            "status": "error",
            "category": "VALIDATION_ERROR",
            "subCategory": "crm.associations.INVALID_IDENTIFIER",
            "message": f"{record_id} is not a valid object id.",
            "context": {"id": [record_id]},
        }
    )


ENDPOINTS = (
    Endpoint("POST", "/crm/associations/{type}/{to}/batch/read", batch_read, Bucket.ASSOCIATIONS),
    Endpoint("GET", "/crm/associations/{type}/{to}/labels", labels, Bucket.ASSOCIATIONS),
    # The specification exempts the two above from the general limit, not this one.
    Endpoint("GET", "/crm/objects/{type}/{id}/associations/{to}", list_associations),
)
