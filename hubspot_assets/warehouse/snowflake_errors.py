"""What Snowflake refuses, by name and with the cure.

Told apart by the error numbers of Snowflake and its driver, for texts change. The numbers of refused logins and of
what follows are those of https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting, the driver's
`errorcode.py`, and the public trackers of the drivers.
"""

from __future__ import annotations

import re

from snowflake.connector import errors

from hubspot_assets.warehouse.base import WarehouseError
from hubspot_assets.warehouse.snowflake_sql import STAGE, Place

NO_SUCH_OBJECT = 2003
"""There is no such object, or we may not know of it: Snowflake does not say which."""

_LOST = frozenset({250001, 250002, 250003, 250005, 251011, 251012, 252007, 253002, 253003})
"""The driver's numbers of a connection or a transfer that failed under way."""

_SESSION_GONE = frozenset({390103, 390104, 390110, 390111, 390112, 390113, 390114, 390115, 390195, 390318})

_IN_EACH_OTHERS_WAY = frozenset({625, 1210, 200001})
"""Too many waiters for a lock, a lock not had in time, a deadlock: the statement was undone."""

_PASSING_HTTP = (
    errors.InternalServerError,
    errors.ServiceUnavailableError,
    errors.GatewayTimeoutError,
    errors.BadGatewayError,
    errors.RequestTimeoutError,
    errors.TooManyRequests,
    errors.OtherHTTPRetryableError,
    errors.TokenExpiredError,
    errors.PresignedUrlExpiredError,
)


def is_passing(error: BaseException) -> bool:
    """Whether the same statement may well succeed in a new session a little later."""
    if isinstance(error, errors.NonRetryableTlsError | errors.RevocationCheckError):
        return False
    if isinstance(error, _PASSING_HTTP):
        return True
    number = getattr(error, "errno", None)
    return isinstance(error, errors.Error) and number in _LOST | _SESSION_GONE | _IN_EACH_OTHERS_WAY


def is_absent(error: BaseException) -> bool:
    """Whether the error says that there is no such table."""
    return isinstance(error, errors.ProgrammingError) and error.errno == NO_SUCH_OBJECT


def refused_login(error: errors.Error, place: Place) -> WarehouseError:
    """Why no connection came about."""
    said = _said(error)
    account = f"account {place.account}"
    user, role, warehouse = place.user or "the session token's user", place.role, place.warehouse
    match error.errno:
        case 390100 | 390144 | 394304 | 394300:
            text = (
                f"Snowflake {account} refuses the key of user {user}. See that SNOWFLAKE_USER is right and that the user "
                "has the public key of SNOWFLAKE_PRIVATE_KEY: `hubspot-assets setup snowflake` prints both commands"
            )
        case 390101 | 390102 | 390106 | 390190 | 390191:
            text = f"Snowflake {account} has locked or disabled user {user}; an administrator has to enable it"
        case 390189:
            text = f"Snowflake {account} has no role {role}, or user {user} lacks it: GRANT ROLE {role} TO USER {user}"
        case 390201:
            text = (
                f"Snowflake {account} has no warehouse {warehouse}, database {place.database} or schema {place.schema}, or "
                f"role {role} may not use it; `hubspot-assets setup snowflake` prints the grants"
            )
        case 390303 | 390318 | 390195:
            text = "Snowflake refuses the session token of this container; its service has to be restarted"
        case 390420 | 390422 | 390432:
            text = (
                f"Snowflake {account} admits no connections from this address; an administrator has to add it to the "
                "network policy"
            )
        case 290403 | 290404 | 251001:
            text = (
                f"There is no Snowflake {account}; set SNOWFLAKE_ACCOUNT to the account identifier, organization and "
                "account name joined by a hyphen (SELECT CURRENT_ORGANIZATION_NAME() || '-' || CURRENT_ACCOUNT_NAME())"
            )
        case number if number in _LOST:
            text = (
                f"Snowflake {account} cannot be reached; see that SNOWFLAKE_ACCOUNT is right and that this machine may "
                "connect to it"
            )
        case _:
            text = f"Snowflake {account} refuses the connection"
    return WarehouseError(f"{text}. ({said})")


def refused_statement(error: errors.Error, place: Place) -> WarehouseError:
    """Why a statement was not carried out."""
    said = _said(error)
    role, warehouse, schema = place.role or "of this user", place.warehouse, f"{place.database}.{place.schema}"
    match error.errno:
        case 606 | 2043 if "warehouse" in said.lower():
            text = (
                f"Snowflake has no warehouse {warehouse or 'for this user'} to compute with: set SNOWFLAKE_WAREHOUSE, and "
                f"GRANT USAGE ON WAREHOUSE {warehouse or '...'} TO ROLE {role}"
            )
        case 90064 | 90073:
            text = (
                f"Snowflake warehouse {warehouse} is suspended and may not resume, most often because a resource monitor's "
                "quota is used up; raise the quota, or wait for its next period"
            )
        case 666 | 390913:
            text = f"Snowflake account {place.account} is suspended; its administrator has to look at its billing"
        case 3001 | 3003 if "warehouse" in said.lower():
            text = (
                f"Role {role} may not use Snowflake warehouse {warehouse}: GRANT USAGE, OPERATE ON WAREHOUSE {warehouse} "
                f"TO ROLE {role}"
            )
        case 3001 | 3003 if "schema" in said.lower():
            text = (
                f"Role {role} may not create tables in Snowflake schema {schema}: GRANT USAGE, CREATE TABLE ON SCHEMA "
                f"{schema} TO ROLE {role}"
            )
        case 3001 | 3003:
            text = (
                f"Role {role} lacks a grant in Snowflake schema {schema}; it has to own the tables it syncs "
                f"(GRANT OWNERSHIP ON ALL TABLES IN SCHEMA {schema} TO ROLE {role})"
            )
        case 2003 | 2043 if STAGE in said.upper():
            text = (
                f"Snowflake has no stage {schema}.{STAGE}, or role {role} may not use it: GRANT READ, WRITE ON STAGE "
                f"{schema}.{STAGE} TO ROLE {role}; `hubspot-assets setup snowflake` prints how to make it"
            )
        case 2003 | 2043:
            text = (
                f"Snowflake has no such object, or role {role} may not know of it; look at the grants on schema {schema} "
                "with `hubspot-assets check`"
            )
        case 904:
            text = f"A table in Snowflake schema {schema} has other columns than it had"
        case 630 | 604:
            text = (
                f"A statement on Snowflake warehouse {warehouse} ran into its time limit or was canceled; raise "
                "STATEMENT_TIMEOUT_IN_SECONDS of the warehouse"
            )
        case number if number in _LOST | _SESSION_GONE or isinstance(error, _PASSING_HTTP):
            text = f"The connection to Snowflake account {place.account} was lost, again and again; run it again later"
        case _:
            text = f"Snowflake schema {schema} refuses"
    return WarehouseError(f"{text}. ({said})")


def _said(error: errors.Error) -> str:
    """What Snowflake says, on one line, with its number and without the statement."""
    message = error.raw_msg or error.msg or type(error).__name__
    text = re.sub(r"\s+", " ", message.partition("[SQL")[0]).strip().rstrip(".")
    query = f", query {error.sfqid}" if error.sfqid else ""
    return f"Snowflake {error.errno}: {text[:300]}{query}"
