import json

import pytest
from requests.structures import CaseInsensitiveDict

from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.errors import HubSpotError
from hubspot_assets.hubspot.transport.refusals import from_answer, retry_after

ID = "019db16f-0000-7000-8000-000000000000"


def error(status: int, body: object = None, headers=None, path: str = "/crm/objects/2026-09/leads") -> HubSpotError:
    text = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return from_answer("GET", path, status, CaseInsensitiveDict(headers or {}), text)


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (401, {"category": "INVALID_AUTHENTICATION", "message": "credentials not found."}, "InvalidToken"),
        (401, {"category": "EXPIRED_AUTHENTICATION", "message": "… expired 75 second(s) ago."}, "ExpiredToken"),
        (401, {"category": "EXPIRED_AUTHENTICATION", "message": "… expired 20705 day(s) ago."}, "InvalidToken"),
        (401, {"message": "expired", "context": {"expire time": ["1970-01-01T00:00:00Z"]}}, "InvalidToken"),
        (401, {"message": "Any of the listed authentication credentials are missing"}, "InvalidToken"),
        (401, None, "InvalidToken"),
        (403, {"message": "This app hasn't been granted all required scopes"}, "Forbidden"),
        (403, {"message": "missing view_schema"}, "Forbidden"),
        (403, b"<html>no</html>", "Intercepted"),
        (403, b"no", "Forbidden"),
        (401, b"<!DOCTYPE html><title>Log in</title>", "Intercepted"),
        (400, b"  <html><h1>400 Bad Request</h1></html>", "Intercepted"),
        (407, b"", "Intercepted"),
        (488, {"message": "the hub is unknown to this hublet", "correctHublet": "eu1"}, "WrongDataCenter"),
        (488, None, "WrongDataCenter"),
        (404, {"message": "resource not found"}, "NotFound"),
        (404, b"<html><h2>HTTP ERROR 404</h2></html>", "NotFound"),
        (400, {"message": "Unable to infer object type from: butterflies"}, "UnknownObjectType"),
        (400, {"category": "VALIDATION_ERROR", "message": "too many"}, "BadRequest"),
        (400, b"not json", "BadRequest"),
        (405, b"", "BadRequest"),
        (301, b"", "BadRequest"),
        (414, b"", "UriTooLong"),
        (423, None, "Locked"),
        (477, None, "Migrating"),
        (500, {"message": "internal error"}, "ServerError"),
        (502, b"<html>cloudflare</html>", "ServerError"),
        (524, b"", "ServerError"),
        (530, b"", "ServerError"),
        (408, b"", "ServerError"),
    ],
)  # fmt: skip
def test_each_refusal_has_its_own_name(status, body, cause):
    assert type(error(status, body)).__name__ == cause


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"context": {"requiredGranularScopes": ["a.read", "b.read"]}}], "category": "MISSING_SCOPES"},
        {"context": {"requiredGranularScopes": ["a.read", "b.read"], "links": ["https://…"]}},
        {"errors": [{"context": {"requiredScopes": ["a.read"]}}, {"context": {"requiredScopes": ["b.read"]}}]},
        {"context": {"missingScopes": ["a.read", "b.read", "a.read"]}},
        {"errors": [{"context": {"requiredGranularScopes": "a.read"}}, "odd", None, {"missingScopes": ["b.read", 3]}]},
    ],
)
def test_missing_scopes_are_named_wherever_hubspot_puts_them(body):
    refused = error(403, body)
    assert isinstance(refused, errors.MissingScopes)
    assert refused.scopes == ("a.read", "b.read")
    assert "one of a.read, b.read" in str(refused)


@pytest.mark.parametrize(
    ("body", "path", "policy"),
    [
        ({"policyName": "TEN_SECONDLY_ROLLING"}, "/x", "TEN_SECONDLY_ROLLING"),
        ({"policyName": "ten_secondly_rolling"}, "/x", "TEN_SECONDLY_ROLLING"),
        ({"policyName": "SECONDLY"}, "/x", "SECONDLY"),
        ({"policyName": "secondly"}, "/x", "SECONDLY"),
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, "/x", "SECONDLY"),
        ({"message": "You have reached your ten_secondly_rolling limit."}, "/x/search", "TEN_SECONDLY_ROLLING"),
        ({"policyName": "CONCURRENT"}, "/x", "CONCURRENT"),
        ({}, "/crm/objects/2026-09/deals/search", "SECONDLY"),
        ({}, "/crm/objects/2026-09/deals", "TEN_SECONDLY_ROLLING"),
        (b"error code: 1015", "/crm/objects/2026-09/deals", "TEN_SECONDLY_ROLLING"),
        ({"policyName": 7, "message": ["odd"]}, "/x", "TEN_SECONDLY_ROLLING"),
    ],
)
def test_a_rate_limit_is_known_by_policy_by_message_or_by_endpoint(body, path, policy):
    limited = error(429, body, path=path)
    assert isinstance(limited, errors.RateLimited)
    assert limited.policy == policy


@pytest.mark.parametrize("body", [{"policyName": "DAILY"}, {"message": "You have reached your daily limit."}])
def test_the_daily_limit_is_a_cause_of_its_own(body):
    assert isinstance(error(429, body), errors.DailyLimitReached)


def test_a_message_holds_cause_cure_request_and_correlation_id():
    text = str(error(401, {"category": "INVALID_AUTHENTICATION", "correlationId": ID}))
    assert "HubSpot does not know the access token" in text
    assert "HUBSPOT_ACCESS_TOKEN" in text
    assert "GET /crm/objects/2026-09/leads answered 401" in text
    assert ID in text


def test_the_correlation_id_comes_from_the_header_where_the_body_has_none():
    assert error(502, b"<html/>", {"x-hubspot-correlation-id": ID}).correlation_id == ID


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"\xff\xfe", b'{"message": null, "errors": {}}'])
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 414, 418, 423, 429, 477, 500, 530])
def test_no_body_is_too_odd(status, body):
    assert len(str(error(status, body))) > 40


def test_a_long_message_is_shortened():
    assert len(str(error(400, {"message": "x" * 10_000}))) < 700


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("", None), ("soon", None), ("-3", None), ("Sun, 22 Nov 2026 01:00:30 GMT", 30.0)],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    headers = {"Retry-After": value, "Date": "Sun, 22 Nov 2026 01:00:00 GMT"}
    assert retry_after(CaseInsensitiveDict(headers)) == seconds


def test_a_migration_says_when_to_come_back():
    moving = error(477, None, {"Retry-After": "3600"})
    assert moving.retry_after == 3600
    assert "come back in 60 minutes" in str(moving)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"message": "the hub is unknown to this hublet", "context": {"correctHublet": ["eu1"]}}, "data center eu1"),
        ({"message": "the hub is unknown to this hublet", "correctHublet": "eu1"}, "data center eu1"),
        ({"message": "the hub is unknown to this hublet. correctHublet: eu1"}, "data center eu1"),
        (b"unknown hub, correctHublet=eu1", "data center eu1"),
        ({"message": "the hub is unknown to this hublet"}, "does not know the account"),
    ],
)
def test_the_wrong_data_center_is_one_sentence_with_the_cure(body, where):
    misled = error(488, body)
    assert isinstance(misled, errors.WrongDataCenter)
    assert where in str(misled)
    assert "Set HUBSPOT_BASE_URL to https://api.hubapi.com" in str(misled)


@pytest.mark.parametrize("headers", [{"Content-Type": "text/html; charset=utf-8"}, {}])
def test_a_web_page_in_hubspots_place_is_named_as_what_stands_in_between(headers):
    page = b"<html><head><title>Access denied |\n corporate proxy</title></head></html>"
    refused = error(403, page, {"Server": "squid/6.1", **headers})
    assert isinstance(refused, errors.Intercepted)
    assert "answered 403 with a web page titled “Access denied | corporate proxy”, sent by squid/6.1" in str(refused)
    assert "scope" not in str(refused)
    assert not refused.permanent


def test_a_refusal_of_hubspots_own_stays_one_whatever_its_content_type():
    body = {"errors": [{"context": {"requiredGranularScopes": ["a"]}}]}
    assert isinstance(error(403, body, {"Content-Type": "text/html"}), errors.MissingScopes)
