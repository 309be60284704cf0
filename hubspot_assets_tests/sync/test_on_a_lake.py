"""Where rows and state are not committed at once, a sync that dies between them leaves nothing undone."""

from collections.abc import Callable

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.warehouse.lake.commits import Committer
from hubspot_assets_tests.sync.relating import Relating


class Died(BaseException):
    """Stands for a kill."""


def test_who_follows_learns_of_rows_whose_sync_died_before_its_state(
    small_portal: Portal, connect: Callable[..., Client], s3_store, monkeypatch
) -> None:
    """The next sync finds those rows unchanged, so that it is the dead one's row of SYNCS that tells of them."""
    small_portal.reset()
    client, prefix = connect(small_portal), s3_store.warehouse().place.prefix
    related = Relating(small_portal, client, s3_store.warehouse(prefix))
    related.tick()
    contacts, companies = small_portal.ids("contacts"), small_portal.ids("companies")
    small_portal.advance(3_600)
    small_portal.associate("contacts", contacts[0], "companies", companies[-1])
    small_portal.change("contacts", {"firstname": "Changed"}, ids=contacts[:1])
    publish = Committer.publish

    def dies_before_the_state(self, draft, *others, **options):
        if draft.name == "SYNCS":
            raise Died
        publish(self, draft, *others, **options)

    with monkeypatch.context() as kill:
        kill.setattr(Committer, "publish", dies_before_the_state)
        with pytest.raises(Died):
            related.records()
    after = Relating(small_portal, client, s3_store.warehouse(prefix))
    after.tick()
    after.assert_equal()
