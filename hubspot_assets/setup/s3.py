"""What an administrator does once so that syncs may write a lake on S3, and readers may read it: policies and SQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAY_WRITE = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
MAY_READ = ("s3:GetObject", "s3:GetObjectVersion")


@dataclass(frozen=True)
class Lake:
    """What things are to be called.

    Attributes:
        bucket: The bucket.
        prefix: What all keys begin with.
        region: The bucket's region.
        role: Name of the role that is made.
        principal: ARN of whoever may assume it: the user or role that runs the syncs.
        external_id: What they have to say when they do.
        kms_key: ARN of the key that files are encrypted with, if it is one of your own.
    """

    bucket: str
    prefix: str
    region: str
    role: str
    principal: str
    external_id: str
    kms_key: str | None = None

    @property
    def partition(self) -> str:
        """The part of AWS that the region belongs to, as ARNs name it."""
        if self.region.startswith("us-gov-"):
            return "aws-us-gov"
        return "aws-cn" if self.region.startswith("cn-") else "aws"


def policy(lake: Lake, *, reader: bool = False) -> str:
    """The policy of the role, with no more rights than are needed."""
    bucket = f"arn:{lake.partition}:s3:::{lake.bucket}"
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": MAY_READ if reader else MAY_WRITE, "Resource": f"{bucket}/{lake.prefix}/*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": [lake.prefix, f"{lake.prefix}/*"]}},
        },
    ]
    if reader:
        # Snowflake asks where the bucket is, which has no prefix that a condition could name.
        statements.append({"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": bucket})
    if lake.kms_key:
        actions = ("kms:Decrypt",) if reader else ("kms:GenerateDataKey", "kms:Decrypt")
        statements.append({"Effect": "Allow", "Action": actions, "Resource": lake.kms_key})
    return _document(statements)


def trust_policy(lake: Lake) -> str:
    """Who may assume the role."""
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"AWS": lake.principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": lake.external_id}},
            }
        ]
    )


def instructions(lake: Lake) -> str:
    """Everything to do, step by step, to be copied piece by piece."""
    location = "" if lake.region == "us-east-1" else f" --create-bucket-configuration LocationConstraint={lake.region}"
    key = f"S3_KMS_KEY_ID={lake.kms_key}\n" if lake.kms_key else ""
    return f"""\
{_to_fill_in(lake)}# 1. The bucket, if there is none. No lifecycle rule may delete below {lake.prefix}/.

aws s3api create-bucket --bucket {lake.bucket} --region {lake.region}{location}

# 2. The role that syncs assume, and what it may do.

cat > trust.json <<'END'
{trust_policy(lake)}
END
cat > policy.json <<'END'
{policy(lake)}
END
aws iam create-role --role-name {lake.role} --assume-role-policy-document file://trust.json
aws iam put-role-policy --role-name {lake.role} --policy-name hubspot-lake --policy-document file://policy.json

#    Whoever is of another account also needs a policy there that allows sts:AssumeRole on this role. Without a role:
#    attach policy.json to whoever runs the syncs, and leave S3_ROLE_ARN and S3_EXTERNAL_ID out.

# 3. Give the program these settings, in the environment or in a file `.env`, beside the AWS credentials of
#    {lake.principal} (AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role of the machine).

HUBSPOT_DESTINATION=s3
S3_URL=s3://{lake.bucket}/{lake.prefix}
S3_REGION={lake.region}
S3_ROLE_ARN=arn:{lake.partition}:iam::{_account(lake.principal)}:role/{lake.role}
S3_EXTERNAL_ID={lake.external_id}
{key}
# 4. See that all of it works:  hubspot-assets check
# 5. Who reads the tables:  hubspot-assets setup s3 --reader
"""


def reader_instructions(lake: Lake, tables: Sequence[str], views: Mapping[str, Sequence[str]] | None = None) -> str:
    """What readers need: a policy, and how to open the tables in each engine.

    Args:
        lake: What things are called.
        tables: The tables.
        views: Statements that make views over them, by engine.
    """
    made = {name: "\n".join(["", *statements]) for name, statements in (views or {}).items()}
    url = f"s3://{lake.bucket}/{lake.prefix}"

    def each(statement: str) -> str:
        return "\n".join(statement.format(table=table, url=url) for table in tables)

    snowflake = each(
        "CREATE ICEBERG TABLE {table} EXTERNAL_VOLUME = HUBSPOT_LAKE CATALOG = HUBSPOT_DELTA "
        "BASE_LOCATION = '{table}/' AUTO_REFRESH = TRUE;"
    )
    athena = each(
        "CREATE EXTERNAL TABLE hubspot.{table} LOCATION '{url}/{table}/' TBLPROPERTIES ('table_type' = 'DELTA');"
    )
    databricks = each("CREATE TABLE main.hubspot.{table} USING DELTA LOCATION '{url}/{table}';")
    duckdb = each("CREATE VIEW {table} AS FROM delta_scan('{url}/{table}');")
    return f"""\
-- The policy of a reader's role. Nobody but the syncs may write, optimize or vacuum these tables.

{policy(lake, reader=True)}

-- Snowflake. The role in the external volume has the policy above.

CREATE EXTERNAL VOLUME HUBSPOT_LAKE ALLOW_WRITES = FALSE STORAGE_LOCATIONS = ((NAME = 's3' STORAGE_PROVIDER = 'S3'
  STORAGE_BASE_URL = '{url}/' STORAGE_AWS_ROLE_ARN = '<the reader''s role>'));
DESC EXTERNAL VOLUME HUBSPOT_LAKE; -- names the user and the external id that the role's trust policy has to let in
CREATE CATALOG INTEGRATION HUBSPOT_DELTA CATALOG_SOURCE = OBJECT_STORE TABLE_FORMAT = DELTA ENABLED = TRUE;
{snowflake}{made.get("snowflake", "")}

-- Athena, once per table. Where Lake Formation or views need new columns, drop the table and create it again.

CREATE DATABASE IF NOT EXISTS hubspot;
{athena}{made.get("athena", "")}

-- Databricks, where the prefix is an external location.

{databricks}{made.get("databricks", "")}

-- DuckDB

CREATE SECRET (TYPE s3, PROVIDER credential_chain, REGION '{lake.region}');
{duckdb}{made.get("duckdb", "")}

-- Polars and pandas, in Python

-- rows = polars.scan_delta("{url}/{tables[0]}", storage_options={{"AWS_REGION": "{lake.region}"}})
-- rows.collect().to_pandas()
"""


def _to_fill_in(lake: Lake) -> str:
    """What to say first where names are still to be chosen."""
    if "<" not in f"{lake.bucket}{lake.principal}":
        return ""
    return """\
# To have this with your names in place of those in <>:
#   hubspot-assets setup s3 --url s3://bucket/prefix --region eu-central-1 \\
#     --principal arn:aws:iam::123456789012:user/dagster --external-id "$(openssl rand -hex 16)"

"""


def _account(principal: str) -> str:
    parts = principal.split(":")
    return parts[4] if len(parts) > 5 else "<account>"


def _document(statements: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)
