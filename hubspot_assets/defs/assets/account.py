"""The HubSpot account itself, upstream of all: whose it is, and how it is today."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.names import Names
from hubspot_assets.defs.plain import plain
from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.hubspot.transport.client import Client

PATIENCE = 15.0
"""Seconds for which HubSpot may keep failing: that it does is what an observation is to tell."""
PORTAL = "portal_id"
"""Metadata: HubSpot's id of the account."""


def account_asset(settings: Settings, names: Names) -> dg.SourceAsset:
    """Return HubSpot itself as an asset that is observed, never written.

    An observation never fails, whatever is wrong with HubSpot or the token: it says so, and the runs that need HubSpot
    fail by themselves.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)

        @dg.observable_source_asset(
            key=names.key("account"),
            description="The HubSpot account that all records come from: the place to look first. Each observation "
            "tells whether HubSpot answers, what the token may read, and how many of the day's requests are left; the "
            "schedule freshness makes one every half hour, and the button Observe another.",
            metadata={"hubspot": dg.MetadataValue.url("https://app.hubspot.com")},
            tags={"dagster/kind/hubspot": ""},
            group_name="hubspot",
        )
        def account(context: dg.OpExecutionContext) -> dg.ObserveResult:
            from hubspot_assets.hubspot.transport.errors import HubSpotError

            try:
                with client_of(settings, patience=PATIENCE) as client:
                    return dg.ObserveResult(metadata=_facts(client))
            except (SettingsError, HubSpotError) as error:
                context.log.warning(plain(str(error)))
                return dg.ObserveResult(
                    metadata={"reachable": False, "problem": dg.MetadataValue.text(plain(str(error)))}
                )

    return account


def _facts(client: "Client") -> Mapping[str, dg.MetadataValue]:
    """What HubSpot tells of the account and of the token, the most wanted first."""
    from hubspot_assets.hubspot.account import account, granted_scopes

    details, scopes = account(client), granted_scopes(client)
    facts: dict[str, dg.MetadataValue] = {"reachable": dg.MetadataValue.bool(True)}
    day = client.budgets.daily.told
    if day is not None:
        facts |= {
            "requests_left_today": dg.MetadataValue.int(day.remaining),
            "requests_used_today": dg.MetadataValue.int(day.limit - day.remaining),
            "requests_per_day": dg.MetadataValue.int(day.limit),
        }
    facts |= {
        PORTAL: dg.MetadataValue.text(str(details.portal_id)),
        "account_type": dg.MetadataValue.text(details.account_type or "not told"),
        "data_center": dg.MetadataValue.text(details.data_hosting_location or "not told"),
        "time_zone": dg.MetadataValue.text(details.time_zone or "not told"),
        "limits": dg.MetadataValue.text(client.budgets.describe()),
    }
    if scopes is not None:
        facts["scopes"] = dg.MetadataValue.text(", ".join(sorted(scopes)))
    return {**facts, "link_to_account": dg.MetadataValue.url(details.home_page)}
