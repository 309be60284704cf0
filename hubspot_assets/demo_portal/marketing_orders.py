"""Orders of the control plane about marketing (see `orders`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.company.marketing import submission, synthetic_email_events
from hubspot_assets.demo_portal.engagement_orders import instant


def put_thing(account: Account, kind: str, id: str, **fields: object) -> dict[str, object]:
    """Make or change a form, e-mail, campaign, workflow, … (`things.KINDS`): fields as HubSpot writes them."""
    return {"thing": account.things.put(kind, id, {"id": id, **fields})}


def remove_thing(account: Account, kind: str, id: str) -> dict[str, object]:
    """Let a form, e-mail, campaign, … vanish."""
    account.things.remove(kind, id)
    return {}


def happened(account: Account, stream: str, of: str, moments: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Add submissions, e-mail events, … (`things.STREAMS`), each with `at` and `body` as HubSpot writes it."""
    given = [(instant(account, each.get("at")), dict(each["body"])) for each in moments]
    return {"total": account.things.happened(stream, of, given)}


def submit_form(
    account: Account, form: str, emails: Sequence[str], at: str | None = None, identified: bool = True
) -> dict[str, object]:
    """Let people fill in a form, all in one millisecond; without `identified` the submissions have no id."""
    moment = instant(account, at)
    bodies = [submission(account.random, moment, email, identified=identified) for email in emails]
    return {"total": account.things.happened("submissions", form, [(moment, body) for body in bodies])}


def make_submissions(account: Account, form: str, count: int, since: str, until: str) -> dict[str, object]:
    """Fill in a form many times, spread over a span of time."""
    start, stop, random = instant(account, since), instant(account, until), account.random
    instants = [start + int(random.random() * (stop - start)) for _ in range(count)]
    bodies = [(at, submission(random, at, f"p{number}@post.example")) for number, at in enumerate(instants)]
    return {"total": account.things.happened("submissions", form, bodies)}


def make_email_events(account: Account, count: int, since: str, until: str | None = None) -> dict[str, object]:
    """Let many e-mail events happen, spread over a span of time, to people of the demo company."""
    recipients = sorted({each.body["recipient"] for each in account.things.moments("email_events")})
    span = instant(account, since), instant(account, until)
    made = synthetic_email_events(recipients or ["a@post.example"], (371_000, 371_001), count, *span, account.random)
    return {"total": account.things.happened("email_events", "", made)}


MARKETING_ORDERS: tuple[Callable[..., Mapping[str, object]], ...] = (
    put_thing, remove_thing, happened, submit_form, make_submissions, make_email_events,
)  # fmt: skip
