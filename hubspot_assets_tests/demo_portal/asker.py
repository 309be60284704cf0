"""Asks a portal without a network: an ASGI request straight into its gateway."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hubspot_assets.demo_portal import orders
from hubspot_assets.demo_portal.account import Account, AccountOptions
from hubspot_assets.demo_portal.server import application


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def ids(self) -> list[int]:
        return [int(record["id"]) for record in self.json["results"]]

    @property
    def after(self) -> str | None:
        return self.json.get("paging", {}).get("next", {}).get("after")


class Asker:
    """A client of one account, with the token that has every scope unless told otherwise."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._gateway = application(account)

    def get(self, path: str, token: str | None = None, **query: object) -> Reply:
        return self.ask("GET", path, urlencode(query), b"", token)

    def post(self, path: str, body: object = None, token: str | None = None, **query: object) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, urlencode(query), content, token)

    def order(self, name: str, /, **arguments: object) -> Any:
        return orders.carry_out(self.account, name, arguments)

    def ask(self, method: str, path: str, query: str = "", content: bytes = b"", token: str | None = None) -> Reply:
        value = self.account.tokens.default.value if token is None else token
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"authorization", f"Bearer {value}".encode())] if value else [],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self._gateway(scope, receive, send))
        headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))

    def search(self, name: str = "contacts", filters: list[dict[str, Any]] | None = None, **body: object) -> Reply:
        groups = [{"filters": filters}] if filters else []
        return self.post(f"/crm/objects/2026-09/{name}/search", {"filterGroups": groups, "limit": 200, **body})

    def pages(self, path: str, **query: str | int) -> Iterator[Reply]:
        """Every page of a list, by cursor."""
        after: str | None = "0"
        while after is not None:
            reply = self.get(path, None, **query, after=after)
            yield reply
            after = reply.after

    def live(self, name: str = "contacts") -> list[int]:
        return list(self.account.stores[name].ids(archived=False))

    def archived(self, name: str = "contacts") -> list[int]:
        return list(self.account.stores[name].ids(archived=True))

    def value(self, name: str, record_id: int, property_name: str) -> str | None:
        store = self.account.stores[name]
        return store.layout.value(store.live[record_id].values, property_name)


def filter_of(name: str, operator: str, value: object = None, **more: object) -> dict[str, object]:
    return {"propertyName": name, "operator": operator, **({} if value is None else {"value": str(value)}), **more}


def asker(**options: Any) -> Asker:
    """A client of a new account; small, and at a fixed time, unless told otherwise."""
    return Asker(Account(AccountOptions(**{"sizes": {"contacts": 60}, "now": "2026-11-21T12:00:00Z", **options})))
