"""The token, and an OAuth app's secrets, appear in no `repr`, `str`, log record or chain of exceptions."""

import logging
import pickle

import pytest

from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken, OAuth
from hubspot_assets_tests.hubspot.conftest import TOKEN
from hubspot_assets_tests.hubspot.scripted_server import Reply

SECRETS = (TOKEN, "hidden-secret", "hidden-refresh")


def chain(error: BaseException | None) -> list[BaseException]:
    """An error, and all that are behind it, suppressed or not."""
    if error is None:
        return []
    return [error, *chain(error.__cause__), *chain(error.__context__)]


def all_that_shows(error: BaseException) -> str:
    parts = []
    for each in chain(error):
        request = getattr(each, "request", None)
        parts += [repr(each), str(each), repr(vars(each)), repr(each.args), repr(getattr(request, "headers", ""))]
    return "\n".join(parts)


FAULTS = [
    Reply(401, {"category": "INVALID_AUTHENTICATION"}),
    Reply(403, {"message": f"The token {TOKEN} may not"}),
    Reply(400, {"message": f"bad header Bearer {TOKEN}", "correlationId": TOKEN}),
    Reply(403, {"message": "you sent client_secret=hidden-secret&refresh_token=hidden-refresh"}),
    Reply(502, f"<html>you sent {TOKEN}</html>".encode()),
    Reply(429, {"policyName": TOKEN.upper()}),
    Reply(200, f"<html>{TOKEN}</html>".encode()),
    Reply(200, b""),
    Reply(fault="reset"),
    Reply(fault="cut short"),
    Reply(fault="silent"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_shows_the_token(serve, connect, caplog, fault):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(errors.HubSpotError) as failure:
        connect(serve(fault), timeout=0.05, patience=0.0).get("/x")
    shown = all_that_shows(failure.value) + caplog.text
    assert TOKEN not in shown
    assert TOKEN.upper() not in shown


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.fault != "silent"])
def test_no_failure_to_renew_a_token_shows_a_secret(serve, connect, caplog, fault):
    caplog.set_level(logging.DEBUG)
    credential = OAuth("app", "hidden-secret", "hidden-refresh", base_url=serve(fault).url)
    with pytest.raises(errors.HubSpotError) as failure:
        connect(serve(), credential=credential, patience=0.0).get("/x")
    shown = all_that_shows(failure.value) + caplog.text
    assert not [secret for secret in SECRETS[1:] if secret in shown]


def test_a_server_that_is_not_there_shows_no_secret(serve, connect, caplog):
    caplog.set_level(logging.DEBUG)
    server = serve()
    server.url = "http://127.0.0.1:1"
    for credential in (AccessToken(TOKEN), OAuth("app", "hidden-secret", "hidden-refresh", base_url=server.url)):
        with pytest.raises(errors.HubSpotError) as failure:
            connect(server, credential=credential, patience=0.0).get("/x")
        shown = all_that_shows(failure.value) + caplog.text
        assert not [secret for secret in SECRETS if secret in shown]


def test_no_repr_shows_a_secret():
    token = AccessToken(TOKEN)
    oauth = OAuth("app", "hidden-secret", "hidden-refresh")
    with Client(token, budgets=Budgets.unlimited()) as client:
        shown = f"{token!r} {token} {oauth!r} {oauth} {client!r} {client} {vars(client)!r}"
    assert not [secret for secret in SECRETS if secret in shown]


def test_an_error_survives_pickling():
    error = errors.NotFound("No such thing.", status=404, method="GET", path="/x", correlation_id="abc")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.status, copy.path) == (str(error), 404, "/x")
