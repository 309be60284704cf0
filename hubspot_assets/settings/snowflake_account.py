"""Snowflake accounts in the ways in which Snowflake's own pages write them.

An account is `organization-account`, or in the older form a locator with a region (`xy12345.eu-central-1`)
(https://docs.snowflake.com/en/user-guide/admin-account-identifier).
"""

import re

_DOMAIN = re.compile(r"\.snowflakecomputing\.(com|cn)$", re.IGNORECASE)
_SNOWSIGHT = re.compile(r"app\.snowflake\.(?:com|cn)/([\w-]+)/(\w+)", re.IGNORECASE)
_ACCOUNT = re.compile(r"[a-z0-9][\w-]*(\.[\w-]+)*", re.IGNORECASE | re.ASCII)
# Regions have a hyphen, which names of accounts cannot have (`us-east-1`, `west-europe.azure`).
_WITH_A_PERIOD = re.compile(r"(\w+)\.(?!privatelink$)(\w+)", re.IGNORECASE | re.ASCII)


def account_identifier(text: str) -> str:
    """Return an account as Snowflake's driver takes it.

    Args:
        text: The identifier, with a period or slash in place of the hyphen, a host name, or an address of Snowsight.

    Raises:
        ValueError: It is none of these.
    """
    address = re.sub(r"^https?://", "", text, flags=re.IGNORECASE)
    if snowsight := _SNOWSIGHT.match(address):
        first, second = snowsight.groups()
        return f"{second}.{first}" if "-" in first else f"{first}-{second}"
    host = re.split(r"[/:?#]", address)[0] if address != text or _DOMAIN.search(address.rstrip("/")) else address
    account = _DOMAIN.sub("", host)
    if separated := _WITH_A_PERIOD.fullmatch(account.replace("/", ".")):
        return "-".join(separated.groups())
    if not _ACCOUNT.fullmatch(account):
        raise ValueError("give organization and account name, joined by a hyphen, such as myorg-account1")
    return account
