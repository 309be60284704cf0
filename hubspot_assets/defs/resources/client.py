"""The HubSpot account that the settings name."""

from functools import partial
from typing import TYPE_CHECKING

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.hubspot.transport.client import Client
    from hubspot_assets.hubspot.transport.credentials import Credential

_NO_CREDENTIAL = (
    "HUBSPOT_ACCESS_TOKEN is not set. Create a service key in HubSpot (Development > Keys > Service keys) and set "
    "it, in the environment or in a file `.env`; or try `hubspot-assets demo`, which needs no account."
)


def client_of(settings: Settings, *, patience: float = 300.0) -> "Client":
    """A client for the account that the settings name; its libraries are imported only now.

    Args:
        settings: Which account, and by which credential.
        patience: Seconds after which a request that keeps failing is given up.

    Raises:
        SettingsError: No credential is set, or it is none.
        BudgetsUnavailable: The place where rate limits are shared cannot be used.
    """
    from hubspot_assets.hubspot.limits.budgets import Budgets
    from hubspot_assets.hubspot.transport.client import Client

    credential = _credential(settings)
    if settings.budget_url is None:
        budgets = Budgets.local(credential.fingerprint)
    else:
        budgets = Budgets.from_url(settings.budget_url.get_secret_value(), credential.fingerprint)
    return Client(
        credential,
        base_url=settings.base_url,
        api_version=settings.api_version,
        budgets=budgets,
        patience=patience,
    )


def _kept_now(settings: Settings) -> str | None:
    token = settings.access_token_now()
    return token.get_secret_value() if token is not None else None


def _credential(settings: Settings) -> "Credential":
    from hubspot_assets.hubspot.transport.credentials import AccessToken, OAuth

    try:
        if settings.access_token is not None:
            return AccessToken(settings.access_token.get_secret_value(), partial(_kept_now, settings))
        if settings.client_id and settings.client_secret and settings.refresh_token:
            return OAuth(
                settings.client_id,
                settings.client_secret.get_secret_value(),
                settings.refresh_token.get_secret_value(),
                base_url=settings.base_url,
            )
    except ValueError as error:
        # The chain ends here: what lies behind may hold the secret.
        raise SettingsError(str(error)) from None
    raise SettingsError(_NO_CREDENTIAL)
