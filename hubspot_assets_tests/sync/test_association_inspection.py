"""Whether both directions of a pair agree, and whether the associated records are known."""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.sync.association_inspection import AssociationInspection
from hubspot_assets.sync.associations import AssociationsSource
from hubspot_assets.sync.run import run
from hubspot_assets.tables.associations import AssociationsTable
from hubspot_assets.warehouse.base import Delete, Table
from hubspot_assets_tests.sync.relating import Relating

CONTACTS, COMPANIES = STANDARD_OBJECT_TYPES["contacts"], STANDARD_OBJECT_TYPES["companies"]
HERE, THERE = "ASSOCIATIONS_CONTACTS_TO_COMPANIES", "ASSOCIATIONS_COMPANIES_TO_CONTACTS"


@pytest.fixture
def inspection(related: Relating) -> AssociationInspection:
    return AssociationInspection(related.warehouse, CONTACTS, COMPANIES)


@pytest.fixture
def later(related: Relating) -> datetime:
    """Two hours after all was read: nothing is tolerated any more."""
    return related.client.now() + timedelta(hours=2)


def test_directions_that_agree_are_found_to(inspection: AssociationInspection, later: datetime) -> None:
    finding = inspection.agreement(later, later)
    assert finding.holds
    assert finding.sentence == f"{HERE} and {THERE} have the same pairs."


def test_a_pair_that_one_direction_lacks_is_named(
    related: Relating, inspection: AssociationInspection, later: datetime
) -> None:
    row = related.rows("companies", "contacts")[0]
    company, contact = row["COMPANY_OBJECTID"], row["CONTACT_OBJECTID"]
    related.warehouse.commit(
        Delete(
            AssociationsTable.of(COMPANIES, CONTACTS).table,
            [("COMPANY_OBJECTID", "=", company), ("CONTACT_OBJECTID", "=", contact)],
        )
    )
    finding = inspection.agreement(later, later)
    assert not finding.holds
    assert f"1 pairs stand in {HERE} and not in {THERE}: contact {contact} with company {company}." in finding.sentence
    assert finding.facts == {f"only_in_{HERE}": 1, f"only_in_{THERE}": 0}
    opposite = AssociationInspection(related.warehouse, COMPANIES, CONTACTS).agreement(later, later)
    assert f"company {company} with contact {contact}" in opposite.sentence
    # What this direction was told within the hour, the other one need not know yet.
    assert inspection.agreement(later, related.client.now()).holds


def test_what_one_direction_has_seen_end_lately_is_tolerated(
    related: Relating, inspection: AssociationInspection, later: datetime
) -> None:
    one, other, *_ = next(iter(related.portal.associations("contacts", "companies")))
    related.portal.dissociate("contacts", one, "companies", other)
    full = AssociationsSource(related.client, COMPANIES, CONTACTS, full=True)
    run(full, related.warehouse, related.client, run_id="test", say=print)
    assert inspection.agreement(related.client.now(), later).holds
    assert not inspection.agreement(later, later).holds


def test_a_record_that_is_not_in_its_table_is_named(
    related: Relating, inspection: AssociationInspection, later: datetime
) -> None:
    assert inspection.known(later, later).holds
    stranger = related.rows("contacts", "companies")[0]["COMPANY_OBJECTID"]
    related.warehouse.commit(
        Delete(
            Table("OBJECTS_COMPANIES", pa.schema([("OBJECTID", pa.int64())]), key=("OBJECTID",)),
            [("OBJECTID", "=", stranger)],
        )
    )
    finding = inspection.known(later, later)
    assert not finding.holds
    assert f"1 records that OBJECTS_COMPANIES does not have, such as {stranger}." in finding.sentence
    assert inspection.known(later, related.client.now()).holds
