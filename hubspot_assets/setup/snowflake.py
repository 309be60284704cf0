"""What an administrator does once so that syncs may write into Snowflake: commands and SQL, as text."""

from dataclasses import dataclass
from pathlib import Path

from hubspot_assets.warehouse.snowflake.sql import STAGE

PRIVATE_KEY = "snowflake_key.p8"
PUBLIC_KEY = "snowflake_key.pub"

KEY_COMMANDS = f"""\
openssl genrsa 2048 | openssl pkcs8 -topk8 -v2 aes256 -inform PEM -out {PRIVATE_KEY}
openssl rsa -in {PRIVATE_KEY} -pubout -out {PUBLIC_KEY}"""
"""Make a key pair; the first command asks for the password that is to protect the private key."""


@dataclass(frozen=True)
class Names:
    """What the objects in Snowflake are to be called, each an identifier that needs no quotes."""

    database: str = "HUBSPOT"
    schema: str = "CRM"
    warehouse: str = "HUBSPOT_LOADING"
    role: str = "HUBSPOT_LOADER"
    user: str = "HUBSPOT_ASSETS"


def public_key(file: Path) -> str:
    """The public key in a PEM file as Snowflake wants it: one line, without the frame.

    Raises:
        ValueError: The file holds no public key.
        OSError: It cannot be read.
    """
    lines = [line.strip() for line in file.read_text("utf-8-sig", errors="replace").strip().splitlines()]
    if len(lines) < 3 or lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-1] != "-----END PUBLIC KEY-----":
        raise ValueError(f"{file} holds no public key in PEM format; make one with the commands of step 1")
    return "".join(lines[1:-1])


def statements(names: Names, key: str | None) -> list[str]:
    """The SQL, for a role such as ACCOUNTADMIN; it can be repeated, and changes nothing that is there already.

    Args:
        names: What to call things.
        key: The user's public key; a placeholder without.
    """
    schema = f"{names.database}.{names.schema}"
    rsa_key = f"RSA_PUBLIC_KEY = '{key or f'<{PUBLIC_KEY} without its first and last line>'}'"
    return [
        f"CREATE DATABASE IF NOT EXISTS {names.database}",
        f"CREATE SCHEMA IF NOT EXISTS {schema}",
        f"CREATE STAGE IF NOT EXISTS {schema}.{STAGE}",
        f"CREATE WAREHOUSE IF NOT EXISTS {names.warehouse} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 "
        "AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE",
        f"CREATE ROLE IF NOT EXISTS {names.role}",
        f"GRANT USAGE ON DATABASE {names.database} TO ROLE {names.role}",
        f"GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA {schema} TO ROLE {names.role}",
        f"GRANT READ, WRITE ON STAGE {schema}.{STAGE} TO ROLE {names.role}",
        f"GRANT USAGE ON WAREHOUSE {names.warehouse} TO ROLE {names.role}",
        f"CREATE USER IF NOT EXISTS {names.user} TYPE = SERVICE DEFAULT_ROLE = {names.role} "
        f"DEFAULT_WAREHOUSE = {names.warehouse}",
        f"ALTER USER {names.user} SET {rsa_key}",
        f"GRANT ROLE {names.role} TO USER {names.user}",
        # So that administrators can manage the tables that the role comes to own.
        f"GRANT ROLE {names.role} TO ROLE SYSADMIN",
    ]


def instructions(names: Names, key: str | None) -> str:
    """Everything to do, step by step, to be copied piece by piece."""
    sql = "\n".join(f"{statement};" for statement in statements(names, key))
    return f"""\
-- 1. Make a key pair, in a shell. Keep {PRIVATE_KEY} out of version control.

{KEY_COMMANDS}

-- 2. Run this in Snowflake, as ACCOUNTADMIN. It can be repeated.

{sql}

-- 3. Give the program these settings, in the environment or in a file `.env`.

HUBSPOT_DESTINATION=snowflake
SNOWFLAKE_ACCOUNT=<the result of SELECT CURRENT_ORGANIZATION_NAME() || '-' || CURRENT_ACCOUNT_NAME();>
SNOWFLAKE_USER={names.user}
SNOWFLAKE_ROLE={names.role}
SNOWFLAKE_WAREHOUSE={names.warehouse}
SNOWFLAKE_DATABASE={names.database}
SNOWFLAKE_SCHEMA={names.schema}
SNOWFLAKE_PRIVATE_KEY_FILE={PRIVATE_KEY}
SNOWFLAKE_PRIVATE_KEY_PASSWORD=<the password of step 1>

-- 4. See that all of it works:  hubspot-assets check
"""
