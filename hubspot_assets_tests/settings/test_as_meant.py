"""Values as secret stores, files and `docker --env-file` give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_assets.settings.as_meant import as_meant, passphrase
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.snowflake import SnowflakeSettings
from hubspot_assets_tests.settings.test_snowflake import COMPLETE

AROUND = {
    "a line end": "{}\n",
    "a Windows line end": "{}\r\n",
    "white space": " {}\t",
    "a no-break space": "\u00a0{}\u00a0",
    "a byte order mark": "\ufeff{}",
    "a zero-width space": "{}\u200b",
    "double quotes": '"{}"',
    "single quotes": "'{}'",
    "typographic quotes": "\u201c{}\u201d",
    "quotes in quotes": "'\"{}\"'",
    "all of it": '\ufeff "{}\u00a0" \r\n',
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_what_nobody_can_mean_is_taken_from_hubspots_settings(settings_folder, monkeypatch, around):
    meant = {
        "ACCESS_TOKEN": "pat-na1-token",
        "BASE_URL": "https://api.hubapi.com",
        "OBJECTS": "contacts,deals",
        "LATEST_SCHEDULE": "1 hour",
        "UPDATED_AFTER": "2024-01-31",
        "KEEP_RUNS_DAYS": "7",
        "DESTINATION": "duckdb",
        "DUCKDB_PATH": "tables/hubspot.duckdb",
        "BUDGET_URL": "redis://:password@cache",
        "DENY_PROPERTIES": '{"contacts": ["hs_*"]}',
    }
    for name, value in meant.items():
        monkeypatch.setenv(f"HUBSPOT_{name}", around.format(value))
    given = Settings.model_validate({name.lower(): value for name, value in meant.items()})
    assert Settings.load().model_dump() == given.model_dump()


@pytest.mark.parametrize("around", [each for each in AROUND.values() if '"' not in each])
def test_what_nobody_can_mean_is_taken_from_snowflakes_settings(settings_folder, monkeypatch, around):
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, around.format(value))
    settings = Settings.load()
    assert settings.snowflake == SnowflakeSettings.model_validate(
        {name.removeprefix("SNOWFLAKE_").lower(): value for name, value in COMPLETE.items() if "SNOWFLAKE_" in name}
    )


def test_a_value_of_nothing_but_quotes_and_spaces_is_none(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OWNERS", '" "')
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "''\r\n")
    settings = Settings.load()
    assert settings.owners == ()
    assert settings.access_token is None


def test_each_part_of_a_list_may_stand_in_quotes(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", '"contacts", "deals"')
    assert Settings.load().objects == ("contacts", "deals")


@pytest.mark.parametrize(
    "written", ['"{\\"contacts\\": [\\"email\\"]}"', '"{"contacts": ["email"]}"', '\'{"contacts": ["email"]}\'']
)
def test_json_may_stand_in_quotes_too(settings_folder, monkeypatch, written):
    monkeypatch.setenv("HUBSPOT_ALLOW_PROPERTIES", written)
    assert Settings.load().allow_properties == {"contacts": ("email",)}


def test_a_quote_without_its_counterpart_is_refused(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", '"hidden-value')
    with pytest.raises(
        SettingsError, match="HUBSPOT_ACCESS_TOKEN is invalid: it begins or ends with a quot"
    ) as refused:
        Settings.load()
    assert "hidden-value" not in str(refused.value)


@pytest.mark.parametrize("given", ["se cret", "it's", 'a"b', "secret\n", "\ufeffsecret\r\n"])
def test_a_passphrase_keeps_what_may_belong_to_it(settings_folder, monkeypatch, given):
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PASSWORD", given)
    password = SnowflakeSettings.load().private_key_password
    assert password is not None
    assert password.get_secret_value() == given.strip("\ufeff\r\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [(' "hidden"', "white space or an invisible character around it"), ("'hidden'", "quotation marks around it")],
)
def test_a_passphrase_with_what_may_or_may_not_be_meant_is_refused_with_the_reason(
    settings_folder, monkeypatch, given, said
):
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PASSWORD", given)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert f"SNOWFLAKE_PRIVATE_KEY_PASSWORD is invalid: {said} may come from the place" in str(refused.value)
    assert "hidden" not in f"{refused.value} {refused.value.__context__}"


@given(st.text(st.sampled_from("ab\"' \ufeff\n"), max_size=8))
def test_what_was_meant_is_meant_still(text):
    assert as_meant(as_meant(text)) == as_meant(text)
    try:
        assert passphrase(passphrase(text)) == passphrase(text)
    except ValueError:
        assert passphrase_is_doubtful(text)


def passphrase_is_doubtful(text: str) -> bool:
    text = text.removeprefix("\ufeff").rstrip("\r\n")
    return text[:1] in set("\"' \ufeff\n") or text[-1:] in set("\"' \ufeff")
