import json

import pytest
from typer.testing import CliRunner

from hubspot_assets.cli import app
from hubspot_assets.setup.s3 import Lake, instructions, policy, reader_instructions, trust_policy
from hubspot_assets.warehouse.lake.engines import ENGINES

LAKE = Lake("acme", "crm/hubspot", "eu-central-1", "hubspot", "arn:aws:iam::123456789012:user/dagster", "id-42")


def actions(document: str) -> dict[str, object]:
    """What is allowed, by resource."""
    return {each["Resource"]: each["Action"] for each in json.loads(document)["Statement"]}


def test_the_role_may_do_no_more_than_a_sync_needs():
    assert actions(policy(LAKE)) == {
        "arn:aws:s3:::acme/crm/hubspot/*": [
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
        ],
        "arn:aws:s3:::acme": "s3:ListBucket",
    }
    listing = json.loads(policy(LAKE))["Statement"][1]["Condition"]
    assert listing == {"StringLike": {"s3:prefix": ["crm/hubspot", "crm/hubspot/*"]}}


def test_a_reader_may_write_nothing():
    allowed = str(actions(policy(LAKE, reader=True)).values())
    assert not any(verb in allowed for verb in ("Put", "Delete", "Abort"))


def test_the_role_is_assumed_with_the_external_id_only():
    [statement] = json.loads(trust_policy(LAKE))["Statement"]
    assert statement["Principal"] == {"AWS": LAKE.principal}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "id-42"}}


def test_a_key_of_ones_own_and_other_partitions_are_named():
    lake = Lake("acme", "p", "us-gov-west-1", "r", LAKE.principal, "x", kms_key="arn:aws-us-gov:kms:::key/1")
    assert actions(policy(lake))["arn:aws-us-gov:kms:::key/1"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert "arn:aws-us-gov:s3:::acme/p/*" in policy(lake)
    assert "S3_KMS_KEY_ID=arn:aws-us-gov:kms:::key/1" in instructions(lake)


def test_the_settings_follow_from_what_is_made():
    said = instructions(LAKE)
    assert "S3_URL=s3://acme/crm/hubspot\n" in said
    assert "S3_ROLE_ARN=arn:aws:iam::123456789012:role/hubspot\n" in said


@pytest.mark.parametrize(
    "engine", ["CREATE ICEBERG TABLE", "'table_type' = 'DELTA'", "USING DELTA", "delta_scan", "scan_delta"]
)
def test_readers_are_told_how_to_open_each_table(engine):
    said = reader_instructions(LAKE, ["OBJECTS_CONTACTS", "SYNCS"])
    assert engine in said
    assert "s3://acme/crm/hubspot/OBJECTS_CONTACTS" in said


def test_views_stand_beside_the_tables_of_their_engine():
    views = {name: [f"CREATE OR REPLACE VIEW OF_{name.upper()} AS SELECT 1;"] for name in ENGINES}
    said = reader_instructions(LAKE, ["OBJECTS_CONTACTS"], views)
    opened = ["CREATE ICEBERG TABLE", "'table_type' = 'DELTA'", "USING DELTA", "delta_scan"]
    places = [
        said.index(each)
        for pair in zip(opened, (f"VIEW OF_{n.upper()}" for n in ENGINES), strict=True)
        for each in pair
    ]
    assert places == sorted(places)


def test_the_command_line_prints_both():
    runner = CliRunner()
    assert "create-role" in runner.invoke(app, ["setup", "s3", "--url", "s3://acme/crm"]).output
    assert "CREATE ICEBERG TABLE" in runner.invoke(app, ["setup", "s3", "--url", "s3://acme/crm", "--reader"]).output
    refused = runner.invoke(app, ["setup", "s3", "--url", "s3://acme"])
    assert refused.exit_code == 1
    assert "s3://bucket/prefix" in refused.output
