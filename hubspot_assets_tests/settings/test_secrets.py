import io
import json
import sys
from contextlib import contextmanager

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws
from pydantic import SecretStr
from rich.console import Console

from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.console import sync
from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.hubspot.account import account as whose
from hubspot_assets.hubspot.transport.errors import InvalidToken
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.preflight import prerequisites
from hubspot_assets_tests.hubspot.scripted_server import Reply, ScriptedServer

SECRET = {"HUBSPOT_ACCESS_TOKEN": "pat-hidden", "HUBSPOT_OBJECTS": "deals", "HUBSPOT_DENY_PROPERTIES": {"deals": ["x"]}}


@pytest.fixture
def aws(settings_folder, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("secretsmanager")


@pytest.fixture
def vault(settings_folder, monkeypatch):
    def serve(*script: Reply) -> ScriptedServer:
        server = ScriptedServer(list(script))
        monkeypatch.setenv("HUBSPOT_SECRETS", "vault:secret/teams/hubspot")
        monkeypatch.setenv("VAULT_TOKEN", "hvs.hidden")
        return server

    return serve


def refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert "hidden" not in f"{refused.value} {refused.value.__cause__}"
    return str(refused.value)


def token() -> str | None:
    secret = Settings.load().access_token
    return secret.get_secret_value() if secret else None


def test_a_folder_of_files_is_read_as_docker_and_kubernetes_lay_it_out(settings_folder, monkeypatch):
    folder = settings_folder / "secrets"
    (folder / "..2026_11_27").mkdir(parents=True)
    (folder / "..2026_11_27" / "HUBSPOT_OBJECTS").write_text("deals\n")
    (folder / "HUBSPOT_OBJECTS").symlink_to(folder / "..2026_11_27" / "HUBSPOT_OBJECTS")
    (folder / "hubspot_access_token").write_text("pat-1\n")
    (folder / "postgres_password").write_bytes(b"\xff")
    monkeypatch.setenv("HUBSPOT_SECRETS", str(folder))
    settings = Settings.load()
    assert settings.objects == ("deals",)
    assert token() == "pat-1"
    assert settings.places["HUBSPOT_ACCESS_TOKEN"] == f"the folder {folder}"


def test_the_environment_wins_over_the_file_and_the_file_over_secrets(settings_folder, monkeypatch):
    (settings_folder / "secrets").mkdir()
    for name in ("HUBSPOT_ACCESS_TOKEN", "HUBSPOT_OWNERS", "HUBSPOT_CELERY_QUEUE"):
        (settings_folder / "secrets" / name).write_text("team:secrets")
    (settings_folder / ".env").write_text(
        "HUBSPOT_SECRETS=secrets\nHUBSPOT_OWNERS=team:file\nHUBSPOT_ACCESS_TOKEN=file"
    )
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "environment")
    (settings_folder / "secrets" / "HUBSPOT_CELERY_QUEUE").write_text("queue")
    settings = Settings.load()
    assert (token(), settings.owners, settings.celery_queue) == ("environment", ("team:file",), "queue")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "secrets cannot be read: No such file or directory."),
        (lambda folder: folder.write_text("pat-hidden"), "secrets cannot be read: Not a directory."),
        (
            lambda folder: (folder.mkdir(), (folder / "HUBSPOT_OWNERS").write_bytes(b"hidden\xff")),
            "HUBSPOT_OWNERS is not UTF-8 text (line 1): save it in the encoding UTF-8.",
        ),
    ],
)
def test_a_folder_that_cannot_be_read_is_named(settings_folder, monkeypatch, make, said):
    make(settings_folder / "secrets")
    monkeypatch.setenv("HUBSPOT_SECRETS", str(settings_folder / "secrets"))
    assert refusal().startswith(f"HUBSPOT_SECRETS names {settings_folder / 'secrets'}: ")
    assert refusal().endswith(said)


def test_what_names_no_place_is_refused(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_SECRETS", "s3://bucket/secrets")
    assert refusal().startswith("HUBSPOT_SECRETS is invalid: give a folder such as /run/secrets, `aws:` with")


def test_a_library_that_is_not_installed_is_named_by_its_extra(settings_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "hubspot_assets.settings.secrets.aws", raising=False)
    monkeypatch.setenv("HUBSPOT_SECRETS", "aws:prod/hubspot")
    assert refusal() == "HUBSPOT_SECRETS needs a library that is not installed: pip install 'hubspot-assets[aws]'."


def test_a_secret_of_aws_is_read_by_name_or_arn(aws, monkeypatch):
    arn = aws.create_secret(Name="prod/hubspot", SecretString=json.dumps(SECRET))["ARN"]
    for address, place in (("aws:prod/hubspot", "aws:prod/hubspot"), (f"aws:{arn}", f"aws:{arn}"), (arn, arn)):
        monkeypatch.setenv("HUBSPOT_SECRETS", address)
        settings = Settings.load()
        assert token() == "pat-hidden"
        assert settings.deny_properties == {"deals": ("x",)}
        assert settings.places["HUBSPOT_OBJECTS"] == place


@pytest.mark.parametrize("stored", ["pat-hidden", '["pat-hidden"]', ""])
def test_a_secret_of_aws_that_is_no_object_is_refused(aws, monkeypatch, stored):
    aws.create_secret(Name="prod/hubspot", **({"SecretString": stored} if stored else {"SecretBinary": b"hidden"}))
    monkeypatch.setenv("HUBSPOT_SECRETS", "aws:prod/hubspot")
    assert refusal().startswith(
        "The secret prod/hubspot, which HUBSPOT_SECRETS names, is not a JSON object of settings"
    )


def test_a_secret_that_aws_does_not_give_is_named_with_the_reason(aws, monkeypatch):
    monkeypatch.setenv("HUBSPOT_SECRETS", "aws:prod/hubspot")
    said = "HUBSPOT_SECRETS names prod/hubspot, which AWS Secrets Manager does not give (ResourceNotFoundException: "
    assert refusal().startswith(said)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "You must specify a region" in refusal()


def test_a_secret_of_aws_reaches_hubspot_and_no_output(account, aws, monkeypatch):
    aws.create_secret(Name="prod/hubspot", SecretString=json.dumps({"HUBSPOT_ACCESS_TOKEN": account.token}))
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    monkeypatch.setenv("HUBSPOT_SECRETS", "aws:prod/hubspot")
    found = list(prerequisites(Settings.load()))
    assert all(prerequisite.works for prerequisite in found)
    assert "HUBSPOT_ACCESS_TOKEN from aws:prod/hubspot" in found[0].detail
    assert account.token not in repr(found)


def test_a_token_that_is_replaced_where_secrets_are_kept_reaches_a_sync_that_goes_on(account, aws, monkeypatch, capfd):
    old = account.issue_token()
    secret = {"HUBSPOT_ACCESS_TOKEN": old, "HUBSPOT_OBJECTS": "goals"}
    aws.create_secret(Name="prod/hubspot", SecretString=json.dumps(secret))
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    monkeypatch.setenv("HUBSPOT_SECRETS", "aws:prod/hubspot")
    settings = Settings.load()
    account.revoke_token(old)
    aws.put_secret_value(
        SecretId="prod/hubspot", SecretString=json.dumps({**secret, "HUBSPOT_ACCESS_TOKEN": account.token})
    )
    lines = io.StringIO()
    assert sync(Console(file=lines, width=200), hubspot_definitions(settings), partitions=("latest",)) == 0
    assert "goals latest" in lines.getvalue()
    told = lines.getvalue() + "".join(capfd.readouterr())
    assert old not in told
    assert account.token not in told


def test_a_token_that_nobody_replaced_is_refused_without_being_shown(account, settings_folder, monkeypatch, capfd):
    (settings_folder / "secrets").mkdir()
    (settings_folder / "secrets" / "hubspot_access_token").write_text(gone := account.issue_token())
    account.revoke_token(gone)
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    monkeypatch.setenv("HUBSPOT_SECRETS", "secrets")
    lines = io.StringIO()
    assert sync(Console(file=lines, width=200), hubspot_definitions(Settings.load()), partitions=("latest",)) == 1
    assert "HubSpot does not know the access token." in lines.getvalue()
    assert gone not in lines.getvalue() + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "make", [lambda _, **given: Settings(**given), lambda loaded, **given: loaded.model_copy(update=given)]
)
def test_a_token_that_a_program_gave_is_not_replaced_by_that_of_the_environment(account, make):
    gone = account.issue_token()
    account.revoke_token(gone)
    settings = make(Settings.load(), access_token=SecretStr(gone), base_url=account.url)
    with client_of(settings, patience=1) as client, pytest.raises(InvalidToken):
        whose(client)


def test_a_secret_of_vault_is_read(vault, monkeypatch):
    answer = {"data": {"data": SECRET, "metadata": {"version": 3}}}
    with vault(Reply(body=answer)).running() as server:
        monkeypatch.setenv("VAULT_ADDR", server.url)
        settings = Settings.load()
    assert settings.objects == ("deals",)
    assert settings.places["HUBSPOT_ACCESS_TOKEN"] == "vault:secret/teams/hubspot"
    assert server.asked[0].target == "/v1/secret/data/teams/hubspot"
    assert server.asked[0].headers["X-Vault-Token"] == "hvs.hidden"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(403, {"errors": ["permission denied"]}), "(Forbidden: permission denied, on get http"),
        (Reply(404, {"errors": []}), "(InvalidPath: "),
        (Reply(503, {"errors": ["Vault is sealed"]}), "(VaultDown: Vault is sealed"),
        (Reply(200, {"data": {"keys": []}}), "(KeyError)"),
    ],
)
def test_a_secret_that_vault_does_not_give_is_named_with_the_reason(vault, monkeypatch, reply, said):
    with vault(reply).running() as server:
        monkeypatch.setenv("VAULT_ADDR", server.url)
        sentence = refusal()
    assert sentence.startswith("HUBSPOT_SECRETS names secret/teams/hubspot, which Vault does not give (")
    assert said in sentence
    assert sentence.endswith("It takes VAULT_ADDR, a valid VAULT_TOKEN, and a policy that may read it.")


def test_a_vault_that_is_not_there_is_named(vault, monkeypatch):
    vault()
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    assert "(ConnectionError)" in refusal()


def test_a_secret_of_vault_needs_mount_and_path(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_SECRETS", "vault:hubspot")
    assert refusal() == "HUBSPOT_SECRETS is invalid: give `vault:` with mount and path, such as vault:secret/hubspot."


AZURE = {
    "msi/token": Reply(body={"access_token": "hidden-bearer", "expires_on": "4102444800", "token_type": "Bearer"}),
    "skiptoken": Reply(body={"value": [{"id": "https://v.vault.azure.net/secrets/hubspot-objects"}], "nextLink": None}),
    "HUBSPOT-ACCESS-TOKEN?": Reply(body={"value": "pat-hidden"}),
    "hubspot-objects?": Reply(body={"value": "deals"}),
}


def first_page(url: str) -> Reply:
    listed = [("HUBSPOT-ACCESS-TOKEN", True), ("HUBSPOT-OWNERS", False), ("postgres-password", True)]
    secrets = [{"id": f"{url}/secrets/{name}", "attributes": {"enabled": enabled}} for name, enabled in listed]
    return Reply(body={"value": secrets, "nextLink": f"{url}/secrets?$skiptoken=2&api-version=7.4"})


@pytest.fixture
def azure(settings_folder, monkeypatch):
    """A vault, and the endpoint that gives a managed identity its token, on one server."""

    @contextmanager
    def serve(**changed: Reply):
        with ScriptedServer(AZURE).running() as server:
            server.by_words["secrets?api-version"] = first_page(server.url)
            server.by_words.update(changed)
            monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
            monkeypatch.setenv("IDENTITY_HEADER", "header")
            monkeypatch.setenv("HUBSPOT_SECRETS", f"azure:{server.url}")
            yield server

    return serve


def test_secrets_of_azure_are_read_page_by_page_and_only_ours(azure):
    with azure() as server:
        settings = Settings.load()
        assert token() == "pat-hidden"
    assert (settings.objects, settings.owners) == (("deals",), ())
    asked = [each.target for each in server.asked]
    assert not any("postgres-password?" in target or "HUBSPOT-OWNERS?" in target for target in asked)
    vault = next(each for each in server.asked if "HUBSPOT-ACCESS-TOKEN" in each.target)
    assert vault.headers["Authorization"] == "Bearer hidden-bearer"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secrets?api-version": Reply(403, {"error": {"code": "Forbidden", "message": "hidden"}})}, "(403 Forbidden)"),
        ({"HUBSPOT-ACCESS-TOKEN?": Reply(404, {"error": {"code": "SecretNotFound"}})}, "(404 Not Found)"),
        ({"secrets?api-version": Reply(200, {})}, "(KeyError)"),
        ({"msi/token": Reply(400, {"error": "hidden"})}, "(ClientAuthenticationError)"),
    ],
)
def test_a_vault_that_azure_does_not_open_is_named_with_the_reason(azure, changed, said):
    with azure(**changed):
        sentence = refusal()
    assert sentence.startswith("HUBSPOT_SECRETS names the vault http://127.0.0.1:")
    assert f"which Azure does not open {said}. It takes an identity" in sentence


GOOGLE = {
    "/token": Reply(body={"access_token": "hidden-bearer", "expires_in": 3600, "token_type": "Bearer"}),
    "pageToken=2": Reply(body={"secrets": [{"name": "projects/7/secrets/hubspot-objects"}]}),
    "secrets?pageSize=250": Reply(
        body={
            "secrets": [
                {"name": "projects/7/secrets/HUBSPOT_ACCESS_TOKEN"},
                {"name": "projects/7/secrets/postgres-password"},
            ],
            "nextPageToken": "2",
        }
    ),
    "HUBSPOT_ACCESS_TOKEN/versions/latest:access": Reply(body={"payload": {"data": "cGF0LWhpZGRlbg=="}}),
    "hubspot-objects/versions/latest:access": Reply(body={"payload": {"data": "ZGVhbHM="}}),
}


@pytest.fixture
def google(settings_folder, monkeypatch):
    """A project's secrets, and the endpoint that gives a service account its token, on one server."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    @contextmanager
    def serve(**changed: Reply):
        with ScriptedServer({**GOOGLE, **changed}).running() as server:
            account = {
                "type": "service_account",
                "project_id": "my-project",
                "private_key": key.decode(),
                "client_email": "sync@my-project.iam.gserviceaccount.com",
                "token_uri": f"{server.url}/token",
            }
            (settings_folder / "account.json").write_text(json.dumps(account))
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(settings_folder / "account.json"))
            monkeypatch.setattr("hubspot_assets.settings.secrets.google._API", f"{server.url}/v1")
            monkeypatch.setenv("HUBSPOT_SECRETS", "google:my-project")
            yield server

    return serve


def test_secrets_of_google_are_read_page_by_page_and_only_ours(google):
    with google() as server:
        settings = Settings.load()
        assert token() == "pat-hidden"
    assert settings.objects == ("deals",)
    assert settings.places["HUBSPOT_OBJECTS"] == "google:my-project"
    asked = [each.target for each in server.asked]
    assert "/v1/projects/my-project/secrets?pageSize=250" in asked
    assert not any("postgres" in target for target in asked)
    assert server.asked[1].headers["authorization"] == "Bearer hidden-bearer"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secrets?pageSize=250": Reply(403, {"error": {"message": "hidden"}})}, "(403 Forbidden)"),
        ({"/token": Reply(401, {"error": "hidden"})}, "(RefreshError)"),
        ({"hubspot-objects/versions/latest:access": Reply(200, {})}, "(KeyError)"),
    ],
)
def test_secrets_that_google_does_not_give_are_named_with_the_reason(google, changed, said):
    with google(**changed):
        assert f"names the project my-project, whose secrets Google does not give {said}. It takes" in refusal()


def test_google_without_credentials_is_named(settings_folder, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(settings_folder / "absent.json"))
    monkeypatch.setenv("HUBSPOT_SECRETS", "google:my-project")
    assert "(DefaultCredentialsError)" in refusal()
