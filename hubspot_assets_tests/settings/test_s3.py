import pytest

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

ROLE = "arn:aws:iam::123456789012:role/hubspot"


@pytest.fixture
def lake(settings_folder, monkeypatch):
    """Reads the settings of a lake, with some of them set."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-eu1-x")
    monkeypatch.setenv("HUBSPOT_DESTINATION", "s3")

    def read(**variables: str):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings.load().lake

    return read


def test_a_lake_is_a_bucket_and_a_prefix_in_a_region(lake):
    found = lake(S3_URL="s3://acme-lake/crm/hubspot/", S3_REGION="eu-central-1", S3_ROLE_ARN=ROLE, S3_EXTERNAL_ID="42")
    assert (found.s3.bucket, found.s3.path, found.region) == ("acme-lake", "crm/hubspot", "eu-central-1")
    assert (found.s3.role_arn, found.s3.external_id, found.s3.keep_days, found.endpoint) == (ROLE, "42", 2, None)


def test_roles_of_other_partitions_are_roles(lake):
    role = ROLE.replace("arn:aws:", "arn:aws-us-gov:")
    assert lake(S3_URL="s3://b2b/p", S3_REGION="us-gov-west-1", S3_ROLE_ARN=role).s3.role_arn == role


def test_the_sdks_own_variables_may_stand_in_a_file_too(lake, settings_folder):
    (settings_folder / ".env").write_text(
        "AWS_REGION=eu-west-1\nAWS_ENDPOINT_URL=https://minio.acme.com\n"
        "AWS_ACCESS_KEY_ID=AK\nAWS_SECRET_ACCESS_KEY=very secret"
    )
    found = lake(S3_URL="s3://acme/p")
    assert (found.region, found.endpoint, found.aws.access_key_id) == ("eu-west-1", "https://minio.acme.com", "AK")
    assert "very secret" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.s3.amazonaws.com/p",
        "s3://acme",
        "s3://acme/",
        "acme/p",
        "s3a://acme/p",
        "s3://Acme/p",
        "s3://acme/a b",
    ],
)
def test_what_is_no_bucket_with_a_prefix_is_refused_with_the_right_form(lake, url):
    with pytest.raises(SettingsError, match="S3_URL is invalid: give bucket and prefix as `s3://bucket/prefix`"):
        lake(S3_URL=url, S3_REGION="eu-west-1")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"S3_REGION": "eu-west-1"}, "HUBSPOT_DESTINATION is s3, which needs S3_URL"),
        ({"S3_URL": "s3://acme/p"}, "HUBSPOT_DESTINATION is s3, which needs S3_REGION"),
        ({"S3_URL": "s3://acme/p", "S3_REGION": "r", "S3_ROLE_ARN": "hubspot"}, "S3_ROLE_ARN is invalid: give the ARN"),
        ({"S3_URL": "s3://acme/p", "S3_REGION": "r", "S3_EXTERNAL_ID": "4"}, "S3_ROLE_ARN is needed too"),
        ({"S3_URL": "s3://acme/p", "S3_REGION": "r", "S3_KEEP_DAYS": "0"}, "S3_KEEP_DAYS is invalid: give a number"),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_one_sentence(lake, variables, said):
    with pytest.raises(SettingsError, match=said):
        lake(**variables)


def test_the_settings_lead_to_a_lake(lake, monkeypatch):
    from hubspot_assets.defs.resources.warehouse import warehouse_of

    lake(S3_URL="s3://acme-lake/crm", S3_REGION="eu-central-1", AWS_ACCESS_KEY_ID="AK", AWS_SECRET_ACCESS_KEY="secret")
    assert warehouse_of(Settings.load()).describe() == "lake s3://acme-lake/crm"
