from hubspot_assets.catalog.association_types import (
    ASSOCIATION_TYPES,
    PRIMARY_TYPE_IDS,
    SILENT_PAIRS,
    AssociationType,
)
from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES


def test_pairs_lead_between_object_types_of_the_catalog():
    assert {name for pair in ASSOCIATION_TYPES for name in pair} <= set(STANDARD_OBJECT_TYPES)
    assert len(ASSOCIATION_TYPES) == 352


def test_the_plain_type_of_a_pair_comes_first_and_each_direction_has_its_own_ids():
    assert ASSOCIATION_TYPES[("contacts", "companies")] == (
        AssociationType(279), AssociationType(1, "Primary"), AssociationType(931, "Billing contact"),
    )  # fmt: skip
    assert ASSOCIATION_TYPES[("companies", "contacts")][1] == AssociationType(2, "Primary")
    ids = [each.type_id for types in ASSOCIATION_TYPES.values() for each in types]
    assert len(ids) == len(set(ids))
    assert all(types[0].label is None for types in ASSOCIATION_TYPES.values())


def test_a_label_keeps_all_of_its_words():
    labels = {each.label for types in ASSOCIATION_TYPES.values() for each in types} - {None}
    assert {"Primary", "Parent Company", "Child Company", "Signer contact", "Upcoming line item"} <= labels
    assert {1, 2, 5, 6, 25, 26, 578, 580} <= PRIMARY_TYPE_IDS


def test_deals_are_silent_about_leads_which_name_their_deals():
    assert {("deals", "leads")} == SILENT_PAIRS
    assert ("leads", "deals") in ASSOCIATION_TYPES
