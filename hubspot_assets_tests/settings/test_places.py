import codecs
import os

import pytest

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets_tests.settings.test_snowflake import COMPLETE

pytestmark = pytest.mark.usefixtures("settings_folder")


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
    ],
)
def test_a_file_is_read_with_or_without_the_mark_of_utf_8(settings_folder, mark, encoding):
    text = "HUBSPOT_ACCESS_TOKEN=pat-1\r\n# Größe\r\nHUBSPOT_OBJECTS=deals\r\n"
    (settings_folder / ".env").write_bytes(mark + text.encode(encoding))
    settings = Settings.load()
    assert settings.access_token is not None
    assert settings.access_token.get_secret_value() == "pat-1"
    assert settings.objects == ("deals",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("HUBSPOT_ACCESS_TOKEN=hidden\n# Größe\n".encode("latin-1"), "is not UTF-8 text (line 2)"),
        ("HUBSPOT_ACCESS_TOKEN=hidden".encode("utf-16-le"), "is not UTF-8 text (it holds NUL bytes)"),
        ("HUBSPOT_ACCESS_TOKEN=hidden".encode("utf-16"), "is in the encoding UTF-16"),
        (codecs.BOM_UTF32_BE + "HUBSPOT_ACCESS_TOKEN=hidden".encode("utf-32-be"), "is in the encoding UTF-32"),
    ],
)
def test_a_file_in_another_encoding_is_named_in_one_sentence(settings_folder, content, said):
    (settings_folder / ".env").write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert str(refused.value) == f"The file {settings_folder / '.env'} {said}: save it in the encoding UTF-8."
    assert "hidden" not in f"{refused.value.__context__!r}" or refused.value.__suppress_context__


def test_a_folder_called_like_the_file_is_no_file(settings_folder):
    (settings_folder / ".env").mkdir()
    assert Settings.load().access_token is None


def test_the_file_may_be_a_pipe_as_secret_managers_offer_it(settings_folder):
    os.mkfifo(settings_folder / ".env")
    if os.fork() == 0:
        (settings_folder / ".env").write_text("HUBSPOT_OBJECTS=deals\n")
        os._exit(0)
    assert Settings.load().objects == ("deals",)


def test_an_empty_variable_leaves_the_file_its_say(settings_folder, monkeypatch):
    (settings_folder / ".env").write_text("HUBSPOT_OBJECTS=deals\n")
    monkeypatch.setenv("HUBSPOT_OBJECTS", "")
    assert Settings.load().objects == ("deals",)


def test_settings_know_where_each_was_found(settings_folder, monkeypatch):
    (settings_folder / ".env").write_text("HUBSPOT_OBJECTS=deals\nHUBSPOT_ACCESS_TOKEN=a\nOTHER=1\n")
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "b")
    monkeypatch.setenv("SNOWFLAKE_USER", "somebody")
    assert Settings.load().places == {"HUBSPOT_ACCESS_TOKEN": "the environment", "HUBSPOT_OBJECTS": ".env"}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("HUBSPOT_ACESS_TOKEN", "HUBSPOT_ACCESS_TOKEN"),
        ("HUBSPOT_OBJECT", "HUBSPOT_OBJECTS"),
        ("HUBSPOT_TIMEZONE", "HUBSPOT_TIME_ZONE"),
        ("HUBSPOT_LATEST_SHEDULE", "HUBSPOT_LATEST_SCHEDULE"),
        ("hubspot_deny_property", "HUBSPOT_DENY_PROPERTIES"),
        ("HUBSPOT_SECRET", "HUBSPOT_SECRETS"),
    ],
)
def test_a_misspelled_variable_is_named_with_the_right_one(monkeypatch, caplog, given, meant):
    monkeypatch.setenv(given, "hidden")
    sentence = f"{given.upper()} is not a setting and has no effect; did you mean {meant}?"
    assert Settings.load().misspelled == (sentence,)
    assert caplog.messages == [sentence]


def test_snowflakes_variables_are_looked_over_where_it_is_the_destination(monkeypatch):
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "hidden")
    [sentence] = Settings.load().misspelled
    assert sentence.endswith("did you mean SNOWFLAKE_PRIVATE_KEY_PASSWORD?")
    monkeypatch.setenv("HUBSPOT_DESTINATION", "duckdb")
    assert Settings.load().misspelled == ()


@pytest.mark.parametrize(
    "given", ["HUBSPOT_PORTAL_ID", "HUBSPOT_PERSONAL_ACCESS_KEY", "HUBSPOT_WEBHOOK_URL", "HUBSPOT_REGION", "HUB_OBJECT"]
)
def test_variables_of_others_are_left_alone(monkeypatch, given):
    monkeypatch.setenv(given, "theirs")
    assert Settings.load().misspelled == ()
