"""The HubSpot account as a Dagster resource."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from hubspot_assets.hubspot.account import Account, account
from hubspot_assets.hubspot.budgets import Budgets
from hubspot_assets.hubspot.client import Client
from hubspot_assets.hubspot.credentials import AccessToken, Credential, OAuth
from hubspot_assets.settings import Settings, SettingsError

_NO_CREDENTIAL = (
    "HUBSPOT_ACCESS_TOKEN is not set. Create a service key in HubSpot (Development > Keys > Service keys) and set "
    "it, in the environment or in a file `.env`; or try `hubspot-assets demo`, which needs no account."
)


def client_of(settings: Settings) -> Client:
    """A client for the account that the settings name.

    Raises:
        SettingsError: no credential is set.
    """
    credential = _credential(settings)
    if settings.budget_url is None:
        budgets = Budgets.local(credential.fingerprint)
    else:
        budgets = Budgets.from_url(settings.budget_url.get_secret_value(), credential.fingerprint)
    return Client(credential, base_url=settings.base_url, api_version=settings.api_version, budgets=budgets)


def _credential(settings: Settings) -> Credential:
    if settings.access_token is not None:
        return AccessToken(settings.access_token.get_secret_value())
    if settings.client_id and settings.client_secret and settings.refresh_token:
        return OAuth(
            settings.client_id,
            settings.client_secret.get_secret_value(),
            settings.refresh_token.get_secret_value(),
            base_url=settings.base_url,
        )
    raise SettingsError(_NO_CREDENTIAL)


class HubSpotResource(dg.ConfigurableResource):
    """The HubSpot account that the settings name.

    The settings are read when a run begins, not from the run's config: so no secret is ever stored with a run,
    and a missing token fails the run with a sentence instead of keeping the definitions from loading.
    """

    _client: Client | None = PrivateAttr(default=None)
    _account: Account | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HubSpotResource"]:  # noqa: ARG002
        """Open the connections of one run, or of one step where each has a process."""
        with client_of(Settings.load()) as client:
            self._client = client
            try:
                yield self
            finally:
                self._client = self._account = None

    @property
    def client(self) -> Client:
        """The client, its clock set and its limits learned from a first answer."""
        if self._client is None:
            raise RuntimeError("A HubSpotResource can be used only while a run or a step executes")
        if self._account is None:
            self._account = account(self._client)
        return self._client

    @property
    def account(self) -> Account:
        """Which account it is."""
        self.client  # noqa: B018 - learns the account
        assert self._account is not None
        return self._account
