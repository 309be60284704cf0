"""What Snowflake refuses, by name and with the cure.

Told apart by the error numbers of Snowflake and its driver, for texts change. The numbers of refused logins and of
what follows are those of https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting, the driver's
`errorcode.py`, and the public trackers of the drivers.
"""

import re

from snowflake.connector import errors

from hubspot_assets.warehouse.base import WarehouseBusy, WarehouseError, WarehouseUnreachable
from hubspot_assets.warehouse.snowflake.sql import STAGE, Place

NO_SUCH_OBJECT = 2003
"""There is no such object, or we may not know of it: Snowflake does not say which."""

_LOST = frozenset({250001, 250002, 250003, 250005, 251011, 251012, 252007, 253002, 253003})
"""The driver's numbers of a connection or a transfer that failed under way."""

_SESSION_GONE = frozenset({390103, 390104, 390110, 390111, 390112, 390113, 390114, 390115, 390195, 390318, 290401})

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
    if error.errno in _LOST:
        return WarehouseUnreachable(
            f"Snowflake account {place.account} cannot be reached; see that SNOWFLAKE_ACCOUNT is right and that this "
            f"machine may connect to it. {_said(error)}"
        )
    return WarehouseError(f"{_login_cure(error, place)}. {_said(error)}")


def _login_cure(error: errors.Error, place: Place) -> str:
    account = f"Snowflake account {place.account}"
    user, role = place.user or "of the session token", place.role or "(none given)"
    match error.errno:
        case 390100 | 390144 | 394300 | 394304:
            return (
                f"{account} refuses the key of user {user}: see that SNOWFLAKE_USER is right and that the user has the "
                "public half of SNOWFLAKE_PRIVATE_KEY, with the commands of `hubspot-assets setup snowflake`"
            )
        case 390101 | 390102 | 390106 | 390190 | 390191:
            return f"{account} has locked or disabled user {user}; an administrator has to enable it"
        case 390189:
            return f"{account} has no role {role}, or user {user} lacks it: GRANT ROLE {role} TO USER {user}"
        case 390201:
            return (
                f"{account} has no warehouse {place.warehouse}, database {place.database} or schema {place.schema}, or "
                f"role {role} may not use one of them; `hubspot-assets setup snowflake` prints the grants"
            )
        case 390303 | 390318 | 390195:
            return "Snowflake refuses the session token of this container; its service has to be restarted"
        case 390420 | 390422 | 390432:
            return f"{account} admits no connection from this address; its network policy has to be widened"
        case 290403 | 290404 | 251001:
            return (
                f"There is no {account}; set SNOWFLAKE_ACCOUNT to organization and account name joined by a hyphen, as "
                "SELECT CURRENT_ORGANIZATION_NAME() || '-' || CURRENT_ACCOUNT_NAME() gives it"
            )
        case 251008:
            return "The driver cannot use SNOWFLAKE_PRIVATE_KEY; it takes an RSA key of at least 2048 bits"
    return f"{account} refuses the connection"


def refused_statement(error: errors.Error, place: Place) -> WarehouseError:
    """Why a statement was not carried out."""
    if error.errno in _IN_EACH_OTHERS_WAY:
        return WarehouseBusy(
            f"Others hold tables of Snowflake schema {place.database}.{place.schema} locked, again and again; run it "
            f"again later. {_said(error)}"
        )
    if is_passing(error):
        return WarehouseUnreachable(
            f"The connection to Snowflake account {place.account} was lost, again and again; run it again later. "
            f"{_said(error)}"
        )
    return WarehouseError(f"{_statement_cure(error, place)}. {_said(error)}")


def _statement_cure(error: errors.Error, place: Place) -> str:
    said = _said(error).lower()
    role, warehouse, schema = place.role or "of the user", place.warehouse, f"{place.database}.{place.schema}"
    match error.errno:
        case 606:
            return (
                f"There is no Snowflake warehouse {warehouse or 'for this user'} to compute with: see that "
                f"SNOWFLAKE_WAREHOUSE is right, and GRANT USAGE ON WAREHOUSE {warehouse or '...'} TO ROLE {role}"
            )
        case 90064 | 90073:
            return (
                f"Snowflake warehouse {warehouse} is suspended and may not resume, as a rule because a resource "
                "monitor's quota is used up; raise the quota, or wait for its next period"
            )
        case 666 | 390913:
            return f"Snowflake account {place.account} is suspended; its administrator has to look at its billing"
        case 3001 | 3003 if "warehouse" in said:
            return (
                f"Role {role} may not use Snowflake warehouse {warehouse}: "
                f"GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role}"
            )
        case 3001 | 3003 if "schema" in said:
            return (
                f"Role {role} may not create tables in Snowflake schema {schema}: "
                f"GRANT USAGE, CREATE TABLE ON SCHEMA {schema} TO ROLE {role}"
            )
        case 2003 | 2043 | 3001 | 3003 if "stage" in said or STAGE.lower() in said:
            return (
                f"Snowflake has no stage {schema}.{STAGE}, or role {role} may not use it: GRANT READ, WRITE ON STAGE "
                f"{schema}.{STAGE} TO ROLE {role}, or make it with `hubspot-assets setup snowflake`"
            )
        case 3001 | 3003:
            return (
                f"Role {role} lacks a grant in Snowflake schema {schema}; it has to own the tables that it syncs: "
                f"GRANT OWNERSHIP ON ALL TABLES IN SCHEMA {schema} TO ROLE {role} COPY CURRENT GRANTS"
            )
        case 2003 | 2043:
            return (
                f"Snowflake has no such object, or role {role} may not know of it; `hubspot-assets check` looks at the "
                f"grants on schema {schema}"
            )
        case 904:
            return f"A table in Snowflake schema {schema} no longer has the columns that it had"
        case 604 | 630:
            return (
                f"A statement on Snowflake warehouse {warehouse} was canceled or ran into its time limit; raise "
                "STATEMENT_TIMEOUT_IN_SECONDS of the warehouse"
            )
    return f"Snowflake schema {schema} refuses a statement"


def _said(error: errors.Error) -> str:
    """What Snowflake says, on one line, with its number and without the statement."""
    message = str(error.raw_msg or error.msg or type(error).__name__)
    text = re.sub(r"\s+", " ", message).strip().rstrip(".")
    query = f", query {error.sfqid}" if error.sfqid else ""
    return f"(Snowflake {error.errno}: {text[:300]}{query})"
