"""Records by id: those that exist come, those that do not are left out."""

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.records import batch_read
from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.records.portal_reading import ids_of


@pytest.mark.parametrize("in_200", [True, False])
def test_ids_that_are_gone_are_left_out_whatever_the_status(
    portal: Portal, portal_client: Client, in_200: bool
) -> None:
    portal.behavior(batch_errors_in_200=in_200)
    live, archived = portal.ids("contacts")[:98], sorted(portal.truth("contacts").archived)[:2]
    portal.purge("contacts", live[:3])
    page = batch_read.page(portal_client, "contacts", [*live, *archived], ["firstname"], covers=IdRange(0, 7))
    assert sorted(ids_of([page])) == live[3:]
    assert (page.rows, page.covers) == (95, IdRange(0, 7))
    page = batch_read.page(portal_client, "contacts", [*live, *archived], ["firstname"], archived=True)
    assert sorted(ids_of([page])) == archived
