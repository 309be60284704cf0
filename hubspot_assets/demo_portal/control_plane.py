"""The control plane under `/__portal/`: orders, the log of requests, and the truth about the records."""

import time
from collections.abc import AsyncIterator, Iterator

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hubspot_assets.demo_portal import streams
from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.associations import Associations
from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.definitions import Layout
from hubspot_assets.demo_portal.orders import BadOrder, carry_out
from hubspot_assets.demo_portal.store import RecordStore, Values

_encode = msgspec.json.Encoder().encode
LINES_PER_CHUNK = 500


def control_plane(account: Account) -> Starlette:
    """The control plane's application.

    - `POST /__portal/{order}` with the arguments as a JSON object carries out an order.
    - `GET /__portal/requests?path=…` lists the latest requests, `GET /__portal/summary` counts all of them.
    - `GET /__portal/truth/{type}` streams every record ever known, one JSON object a line.
    - `GET /__portal/associations/{type}/{to}` streams every association of a pair, one JSON array a line.
    - `GET /__portal/settings` tells owners, teams, users and pipelines as they are.
    - `GET /__portal/stream/{name}?…` streams the rest of the truth (see `streams`), one JSON value a line.
    - `GET /__portal/about` says what the portal is.
    """

    async def order(request: Request) -> Response:
        body = await request.body()
        try:
            arguments = msgspec.json.decode(body, type=dict) if body else {}
            return _json(carry_out(account, request.path_params["order"], arguments))
        except (BadOrder, msgspec.DecodeError) as problem:
            return _json({"message": str(problem)}, 400)

    async def requests(request: Request) -> Response:
        wanted = request.query_params.get("path", "")
        return _json([each.as_json() for each in account.requests.requests if wanted in each.path])

    async def summary(_: Request) -> Response:
        return _json(account.requests.summary())

    async def truth(request: Request) -> Response:
        try:
            store = account.store(request.path_params["type"])
        except KeyError as problem:
            return _json({"message": problem.args[0]}, 404)
        return StreamingResponse(_chunks(true_records(store)), media_type="application/x-ndjson")

    async def associations(request: Request) -> Response:
        try:
            here, there = account.store(request.path_params["type"]), account.store(request.path_params["to"])
        except KeyError as problem:
            return _json({"message": problem.args[0]}, 404)
        return StreamingResponse(
            _chunks(true_associations(account.associations, here, there)), media_type="application/x-ndjson"
        )

    async def settings(_: Request) -> Response:
        people = account.people
        return _json(
            {
                "owners": people.owners_as_json(),
                "teams": [each.as_json() for each in people.teams.values()],
                "users": [each.as_json() for each in people.users.values()],
                "pipelines": account.pipelines.as_json(),
            }
        )

    async def stream(request: Request) -> Response:
        try:
            rows = streams.stream(account, request.path_params["name"], dict(request.query_params))
        except (KeyError, TypeError) as problem:
            return _json({"message": str(problem.args[0])}, 404)
        return StreamingResponse(_chunks(rows), media_type="application/x-ndjson")

    async def about(_: Request) -> Response:
        return _json(
            {
                "portal_id": account.portal_id,
                "token": account.tokens.default.value,
                "now": instant_text(account.clock.now()),
                "records": {name: len(store.live) for name, store in account.stores.items()},
                "oauth": {
                    "client_id": account.tokens.oauth_app.client_id,
                    "client_secret": account.tokens.oauth_app.client_secret,
                    "refresh_token": account.tokens.oauth_app.refresh_token,
                },
                "cpu_seconds": time.process_time(),
                "index_pending": sum(index.pending for index in account.indexes.values()),
            }
        )

    return Starlette(
        routes=[
            Route("/__portal/requests", requests),
            Route("/__portal/summary", summary),
            Route("/__portal/about", about),
            Route("/__portal/settings", settings),
            Route("/__portal/truth/{type}", truth),
            Route("/__portal/associations/{type}/{to}", associations),
            Route("/__portal/stream/{name}", stream),
            Route("/__portal/{order}", order, methods=["POST"]),
        ]
    )


def true_records(store: RecordStore) -> Iterator[dict[str, object]]:
    """Every record the store has or had, as the truth a synced table is compared with.

    All of one moment, even when it is read slowly: values are immutable, so remembering them is enough.
    """
    known = [
        (record.id, record.values, record.created_at, record.updated_at, record.archived_at)
        for record in (*store.live.values(), *store.archived.values())
    ]
    merged, purged = list(store.merged.items()), sorted(store.purged)
    return _true_records(store.layout, known, merged, purged)


def _true_records(
    layout: Layout,
    known: list[tuple[int, Values, int, int, int | None]],
    merged: list[tuple[int, int]],
    purged: list[int],
) -> Iterator[dict[str, object]]:
    for record_id, values, created_at, updated_at, archived_at in known:
        row: dict[str, object] = {
            "id": record_id,
            "state": "live" if archived_at is None else "archived",
            "properties": layout.properties(values),
            "created_at": instant_text(created_at),
            "updated_at": instant_text(updated_at),
        }
        if archived_at is not None:
            row["archived_at"] = instant_text(archived_at)
        yield row
    for gone, into in merged:
        yield {"id": gone, "state": "merged", "merged_into": into}
    for gone in purged:
        yield {"id": gone, "state": "purged"}


def true_associations(
    associations: Associations, here: RecordStore, there: RecordStore
) -> Iterator[tuple[int, int, str, int, str | None]]:
    """Every association between live records: both ids, category, type id and label; one for each label."""
    pairs = list(associations.pairs(here.object_type.name, there.object_type.name))
    live = [pair for pair in pairs if pair[0] in here.live and pair[1] in there.live]
    return ((a, b, each.category, each.type_id, each.label) for a, b, types in live for each in types)


async def _chunks(rows: Iterator[object]) -> AsyncIterator[bytes]:
    lines: list[bytes] = []
    for row in rows:
        lines.append(_encode(row))
        if len(lines) == LINES_PER_CHUNK:
            yield b"\n".join((*lines, b""))
            lines.clear()
    yield b"\n".join((*lines, b"")) if lines else b""


def _json(body: object, status: int = 200) -> Response:
    return Response(_encode(body), status, media_type="application/json")
