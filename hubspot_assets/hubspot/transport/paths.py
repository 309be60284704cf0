"""Paths of HubSpot's endpoints, dated ones only (v4 loses support on 2027-03-30, v1 to v3 in September 2027).

`version` is the date of the API version in use (`Client.api_version`). A family that HubSpot has not brought
up to that date has a constant here, so that no version is spelt anywhere else.
"""

from urllib.parse import quote

PRIVATE_APP_TOKEN_INFO_VERSION = "v2"
"""Introspection of service keys and private-app tokens exists in this version alone."""


def objects(version: str, object_type: str) -> str:
    """Return the path of the list of the records of an object type (GET)."""
    return f"/crm/objects/{version}/{_segment(object_type)}"


def record(version: str, object_type: str, id_: str) -> str:
    """Return the path of one record of an object type (GET)."""
    return f"{objects(version, object_type)}/{_segment(id_)}"


def search(version: str, object_type: str) -> str:
    """Return the path of the search among the records of an object type (POST)."""
    return f"{objects(version, object_type)}/search"


def batch_read(version: str, object_type: str) -> str:
    """Return the path of records of an object type by id (POST)."""
    return f"{objects(version, object_type)}/batch/read"


def properties(version: str, object_type: str) -> str:
    """Return the path of property definitions of an object type (GET)."""
    return f"/crm/properties/{version}/{_segment(object_type)}"


def associations(version: str, from_type: str, to_type: str) -> str:
    """Associations of up to 1,000 records of one object type with those of another (POST)."""
    return f"{_pair(version, from_type, to_type)}/batch/read"


def association_labels(version: str, from_type: str, to_type: str) -> str:
    """Types of the associations from one object type to another (GET)."""
    return f"{_pair(version, from_type, to_type)}/labels"


def schemas(version: str) -> str:
    """Return the path of definitions of the account's custom objects (GET)."""
    return f"/crm-object-schemas/{version}/schemas"


def schema(version: str, object_type: str) -> str:
    """Definition of one object type, one of HubSpot's own or custom (GET)."""
    return f"{schemas(version)}/{_segment(object_type)}"


def owners(version: str) -> str:
    """Owners of records (GET)."""
    return f"/crm/owners/{version}"


def pipelines(version: str, object_type: str) -> str:
    """Pipelines of an object type, with their stages (GET)."""
    return f"/crm/pipelines/{version}/{_segment(object_type)}"


def teams(version: str) -> str:
    """Teams of the account, with those above them (GET)."""
    return f"/settings/teams/{version}"


def users(version: str) -> str:
    """Users of the account (GET)."""
    return f"/settings/users/{version}"


def roles(version: str) -> str:
    """Roles that users can have (GET)."""
    return f"{users(version)}/roles"


def all_lists(version: str) -> str:
    """Lists of the account, by cursor (POST); since 2026-09."""
    return f"/crm/lists/{version}/all"


def search_lists(version: str) -> str:
    """Lists of the account, by offset up to a ceiling (POST)."""
    return f"/crm/lists/{version}/search"


def list_members(version: str, list_id: str) -> str:
    """Members of a list, by record id (GET)."""
    return f"/crm/lists/{version}/{_segment(list_id)}/memberships"


def list_members_by_join(version: str, list_id: str) -> str:
    """Members of a list, in the order in which they joined (GET)."""
    return f"{list_members(version, list_id)}/join-order"


def events(version: str) -> str:
    """Events of one type within a span of time (GET)."""
    return f"/events/event-occurrences/{version}"


def event_types(version: str) -> str:
    """Names of the types of events (GET)."""
    return f"{events(version)}/event-types"


def event_definitions(version: str) -> tuple[str, str]:
    """Definitions of the account's own types of events (GET): where they are, and where drafts of the API had them."""
    return f"/events/{version}/event-definitions", f"/events/custom/{version}/event-definitions"


def marketing_emails(version: str) -> str:
    """Marketing e-mails (GET)."""
    return f"/marketing/emails/{version}"


def campaigns(version: str) -> str:
    """Marketing campaigns (GET)."""
    return f"/marketing/campaigns/{version}"


def campaign_metrics(version: str, campaign_id: str) -> str:
    """What a campaign has brought (GET)."""
    return f"{campaigns(version)}/{_segment(campaign_id)}/reports/metrics"


def subscription_definitions(version: str) -> str:
    """Types of subscription (GET)."""
    return f"/communication-preferences/{version}/definitions"


def marketing_events(version: str) -> str:
    """Marketing events (GET)."""
    return f"/marketing/marketing-events/{version}"


def participations(version: str, event_id: str) -> str:
    """Who took part in a marketing event (GET)."""
    return f"{marketing_events(version)}/participations/{_segment(event_id)}/breakdown"


def account_details(version: str) -> str:
    """Return the path of what the account is: id, time zone, where its data lives (GET)."""
    return f"/account-info/{version}/details"


def oauth_token(version: str) -> str:
    """Return the path of the exchange of a refresh token for an access token (POST, form-encoded)."""
    return f"/oauth/{version}/token"


def private_app_token_info() -> str:
    """Return the path of what a service key or private-app token may do (POST)."""
    return f"/oauth/{PRIVATE_APP_TOKEN_INFO_VERSION}/private-apps/get/access-token-info"


def _pair(version: str, from_type: str, to_type: str) -> str:
    return f"/crm/associations/{version}/{_segment(from_type)}/{_segment(to_type)}"


def _segment(text: str) -> str:
    """Return the path of One segment of a path: a name given by a user must not reach into another."""
    return quote(text, safe="")
