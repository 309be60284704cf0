"""The HubSpot account as a Dagster resource."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.hubspot.account import Account
    from hubspot_assets.hubspot.transport.client import Client


class HubSpotResource(dg.ConfigurableResource):
    """The HubSpot account that the settings name.

    The settings are read when a step first asks for the client, not from the run's config: so no secret is ever
    stored with a run, and what is wrong with them fails the step with a sentence instead of keeping the definitions
    from loading.
    """

    _client: "Client | None" = PrivateAttr(default=None)
    _account: "Account | None" = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HubSpotResource"]:  # noqa: ARG002
        """Close the connections at the end of the run, or of the step where each has a process."""
        try:
            yield self
        finally:
            if self._client is not None:
                self._client.close()
                self._client = None

    @property
    def client(self) -> "Client":
        """The client; its clock is set, and its limits are learned from a first answer.

        Raises:
            SettingsError: no credential is set.
            HubSpotError: the credential does not work.
        """
        if self._client is None:
            from hubspot_assets.hubspot.account import account

            client = client_of(Settings.load())
            try:
                self._account = account(client)
            except BaseException:
                # Nobody else has this client, to close it; what failed is for the caller.
                client.close()
                raise
            self._client = client
        return self._client

    @property
    def account(self) -> "Account":
        """Whose data is read.

        Raises:
            SettingsError: no credential is set.
            HubSpotError: the credential does not work.
        """
        _ = self.client
        assert self._account is not None
        return self._account
