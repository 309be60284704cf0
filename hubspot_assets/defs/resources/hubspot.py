"""The HubSpot account as a Dagster resource."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.automation.dead_runs import end_dead_runs, note_process
from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.hubspot.account import Account
    from hubspot_assets.hubspot.transport.client import Client
    from hubspot_assets.hubspot.transport.errors import HubSpotError


class HubSpotResource:
    """The HubSpot account that the settings name.

    The client is made when a step first asks for it. No secret is a part of a run's config, so none is stored with a
    run; and a credential that does not work fails the step with a sentence, not the definitions.

    Args:
        settings: Which account, and by which credential.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._account: Account | None = None
        self._refused: HubSpotError | None = None

    @property
    def client(self) -> "Client":
        """Return the client; its clock is set, and its limits are learned from a first answer.

        What keeps the first step from it (no connection, a token that is gone, a used-up day), the other steps of this
        process do not find out anew: they fail at once, by the same error.

        Raises:
            SettingsError: No credential is set.
            HubSpotError: The credential does not work.
        """
        if self._refused is not None:
            raise self._refused
        if self._client is None:
            from hubspot_assets.hubspot.account import account
            from hubspot_assets.hubspot.transport.errors import HubSpotError

            client = client_of(self._settings)
            try:
                self._account = account(client)
            except HubSpotError as error:
                client.close()
                self._refused = error
                raise
            except BaseException:
                # Nobody else has this client, to close it; what failed is for the caller.
                client.close()
                raise
            self._client = client
        return self._client

    @property
    def account(self) -> "Account":
        """Tell whose data is read.

        Raises:
            SettingsError: No credential is set.
            HubSpotError: The credential does not work.
        """
        _ = self.client
        assert self._account is not None
        return self._account

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None


def hubspot_resource(settings: Settings) -> dg.ResourceDefinition:
    """Make the resource `hubspot`; its connections are closed at the end of the run, or of a step's process."""

    @dg.resource(description="The HubSpot account: one client per process, which keeps HubSpot's rate limits.")
    @contextmanager
    def hubspot(context: dg.InitResourceContext) -> Iterator[HubSpotResource]:
        if context.instance is not None and context.run is not None and settings.executor == "in_process":
            # Where each step has a process of its own, none of them is the run's.
            end_dead_runs(context.instance)
            note_process(context.instance, context.run.run_id)
        resource = HubSpotResource(settings)
        try:
            yield resource
        finally:
            resource.close()

    return hubspot
