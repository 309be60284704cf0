"""Every refusal of the portal, with the body HubSpot sends for it.

Statuses, texts and fields are those of HubSpot's documentation and of answers recorded on live accounts.
Where no source shows the text of a message, ours says so by being plain.
"""

import secrets
from collections.abc import Iterable, Mapping

import msgspec

JSON_CONTENT_TYPE = "application/json;charset=utf-8"
HTML_CONTENT_TYPE = "text/html;charset=utf-8"

NOT_FOUND_PAGE = (
    '<html><head><meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>'
    "<title>Error 404 Not Found</title></head><body><h2>HTTP ERROR 404</h2></body></html>"
)
BAD_GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


class Refusal(Exception):
    """An answer that is not the one hoped for: raised anywhere in the portal, sent by the gateway.

    `body` is a JSON object (the gateway adds its `correlationId`) or the text of an HTML page.
    """

    def __init__(self, status: int, body: Mapping[str, object] | str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body if isinstance(body, str) else body.get('message')}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def render(self, correlation_id: str) -> tuple[bytes, str]:
        """The bytes of the answer and their content type."""
        if isinstance(self.body, str):
            return self.body.encode(), HTML_CONTENT_TYPE
        return msgspec.json.encode({**self.body, "correlationId": correlation_id}), JSON_CONTENT_TYPE


def correlation_id(now: int) -> str:
    """A UUID version 7 of the instant `now` (milliseconds), as HubSpot's are since 2026."""
    random = secrets.randbits(74)
    high = f"{now & 0xFFFFFFFFFFFF:012x}"
    low = f"{(0b10 << 62) | (random & ((1 << 62) - 1)):016x}"
    return f"{high[:8]}-{high[8:]}-7{random >> 62:03x}-{low[:4]}-{low[4:]}"


def _error(status: int, message: str, **fields: object) -> Refusal:
    return Refusal(status, {"status": "error", "message": message, **fields})


def path_unknown() -> Refusal:
    """A path that is no endpoint: 404 with an HTML page, even to clients that accept only JSON."""
    return Refusal(404, NOT_FOUND_PAGE)


def credentials_missing() -> Refusal:
    """No token, or one that no account issued: 401."""
    return _error(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        category="INVALID_AUTHENTICATION",
    )


def token_expired(ago: str, expired_at: str) -> Refusal:
    """A token past its time: 401. An undecodable token counts as expired since 1970."""
    return _error(
        401,
        f"The OAuth token used to make this call expired {ago} ago.",
        category="EXPIRED_AUTHENTICATION",
        context={"expire time": [expired_at]},
    )


def scopes_missing(any_of: Iterable[str]) -> Refusal:
    """The token lacks all of the scopes of which one is needed: 403."""
    return _error(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes "
        "here: https://developers.hubspot.com/scopes.",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(any_of)},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
        category="MISSING_SCOPES",
    )


def schema_scopes_missing(any_of: Iterable[str]) -> Refusal:
    """The same refusal as the custom object schemas endpoint words it: 403, the scopes one level up."""
    return _error(
        403,
        "One or more of the following scopes are required.",
        context={
            "requiredGranularScopes": list(any_of),
            "links": ["https://developers.hubspot.com/scopes"],
        },
        category="MISSING_SCOPES",
    )


def object_not_found(record_id: str) -> Refusal:
    """No such record, or it is on the other side of the `archived` switch: 404."""
    return _error(
        404,
        "Object not found. objectId is usually positive.",
        context={"id": [record_id]},
        category="OBJECT_NOT_FOUND",
    )


def resource_not_found() -> Refusal:
    """No such property, owner or pipeline: 404."""
    return _error(404, "resource not found", category="OBJECT_NOT_FOUND")


def object_type_unknown(name: str) -> Refusal:
    """The path names no object type of this account: 400, without a category."""
    return _error(400, f"Unable to infer object type from: {name}")


def invalid(message: str, **context: list[str]) -> Refusal:
    """A request HubSpot cannot accept: 400 `VALIDATION_ERROR`."""
    return _error(400, message, category="VALIDATION_ERROR", **({"context": context} if context else {}))


def pair_not_allowed(from_type_id: str, to_type_id: str) -> Refusal:
    """Records of these types cannot be associated: 400."""
    return invalid(f"There are no association types from {from_type_id} to {to_type_id}")


def list_cursor_invalid() -> Refusal:
    """A cursor of lists or members that is malformed, or was made for other filters: 400."""
    return _error(400, "The cursor is invalid", category="VALIDATION_ERROR", subCategory="INVALID_CURSOR")


def list_type_invalid(processing_type: str) -> Refusal:
    """A processing type that lists cannot have: 400."""
    return _error(
        400,
        f"{processing_type} is not a processing type",
        category="VALIDATION_ERROR",
        subCategory="INVALID_PROCESSING_TYPE",
    )


def list_not_found(list_id: str) -> Refusal:
    """No such list, or it was deleted: 404."""
    return _error(
        404, f"List does not exist with ID {list_id}.", category="OBJECT_NOT_FOUND", subCategory="ILS.LIST_NOT_FOUND"
    )


def events_not_in_plan() -> Refusal:
    """The account has no Enterprise subscription, which events need: 403 naming scopes that nobody can choose."""
    return _error(403, "Insufficient scopes, requires one of: [event-detail-read,web-analytics-api-access]")


def form_type_not_allowed() -> Refusal:
    """Submissions of a form for comments on a blog, which HubSpot does not give out: 400."""
    return _error(400, "The form type is not allowed", errorType="FORM_TYPE_NOT_ALLOWED")


def uri_too_long() -> Refusal:
    """The request target is longer than HubSpot's front door takes: 414."""
    return _error(414, "request URI is too long")


def method_not_allowed() -> Refusal:
    """The endpoint exists, but not for this method: 405."""
    return Refusal(405, NOT_FOUND_PAGE.replace("404 Not Found", "405").replace("404", "405"))


def filter_at_epoch() -> Refusal:
    """A search filter at instant 0 makes HubSpot stumble: 500."""
    return _error(500, "internal error")


def burst_limit_reached() -> Refusal:
    """Too many requests of one app in ten seconds: 429."""
    return _rate_limit("ten_secondly_rolling", "TEN_SECONDLY_ROLLING")


def daily_limit_reached() -> Refusal:
    """The account's requests of the day are used up: 429 until midnight in its time zone."""
    return _rate_limit("daily", "DAILY")


def search_limit_reached(*, named: bool) -> Refusal:
    """Too many searches of the account in one second: 429, with or without a policy name (both were seen)."""
    if named:
        return _rate_limit("secondly", "SECONDLY")
    return _error(429, "You have reached your secondly limit.", category="RATE_LIMITS")


def _rate_limit(limit: str, policy: str) -> Refusal:
    return _error(
        429,
        f"You have reached your {limit} limit.",
        errorType="RATE_LIMIT",
        policyName=policy,
        requestId=secrets.token_hex(16),
    )


def locked() -> Refusal:
    """The account is locked by another operation, for about two seconds: 423."""
    return _error(423, "The resource is locked. Try again in 2 seconds.")


def migrating(retry_after: int) -> Refusal:
    """The account is on its way to another data center: 477 with `Retry-After` in seconds."""
    refusal = _error(477, "This account is being migrated between data hosting locations.")
    refusal.headers["Retry-After"] = str(retry_after)
    return refusal


def forbidden() -> Refusal:
    """Refused without naming a scope (an object not in the subscription, for one): 403."""
    return _error(403, "You do not have permissions to view this object type.")


def server_error(status: int) -> Refusal:
    """A passing failure of HubSpot's: 500, 502, 503, 504, 52x."""
    return _error(status, "internal error" if status == 500 else "There was a problem with the request.")


def bad_gateway_page() -> Refusal:
    """The 502 of the content delivery network in front of HubSpot: an HTML page."""
    return Refusal(502, BAD_GATEWAY_PAGE, {"Server": "cloudflare"})


def refresh_token_invalid() -> Refusal:
    """OAuth: the refresh token is wrong, expired or revoked: 400."""
    text = "refresh token is invalid, expired or revoked"
    return Refusal(
        400,
        {"error": "invalid_grant", "error_description": text, "status": "BAD_REFRESH_TOKEN", "message": text},
    )


def client_unknown() -> Refusal:
    """OAuth: no app has this client id and secret: 400."""
    return Refusal(400, {"status": "BAD_CLIENT_ID", "message": "missing or unknown client id"})
