"""The association types of the demo account: HubSpot's own, and the labels that the account and its apps added."""

from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_assets.catalog import association_types as catalog


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One kind of association, seen from one side."""

    category: str
    type_id: int
    label: str | None = None

    def as_json(self) -> dict[str, object]:
        """The type as HubSpot writes it."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


Types = tuple[AssociationType, ...]
Pair = tuple[str, str]


def _own(type_id: int, label: str | None = None) -> AssociationType:
    return AssociationType("USER_DEFINED", type_id, label)


def _of_an_app(type_id: int, label: str) -> AssociationType:
    return AssociationType("INTEGRATOR_DEFINED", type_id, label)


_ADDED: Mapping[Pair, Types] = {
    ("contacts", "companies"): (_own(28, "Decision maker"), _of_an_app(5012, "ERP customer")),
    ("companies", "contacts"): (_own(29, "Decision maker"), _of_an_app(5013, "ERP customer")),
    ("deals", "contacts"): (_own(33, "Champion"),),
    ("contacts", "deals"): (_own(34, "Champion"),),
    ("contacts", "contacts"): (_own(61, "Manager"), _own(62, "Report")),
    ("cars", "contacts"): (_own(39), _own(41, "Driver")),
    ("contacts", "cars"): (_own(40), _own(42, "Driver")),
    ("cars", "companies"): (_own(43),),
    ("companies", "cars"): (_own(44),),
}

INVERSE_LABELS: Mapping[str, str] = {
    "Parent Company": "Child Company",
    "Child Company": "Parent Company",
    "Manager": "Report",
    "Report": "Manager",
}
"""Labels that read otherwise from the other side; all others are the same on both."""

ASSOCIATION_TYPES: Mapping[Pair, Types] = {
    pair: (
        *(
            AssociationType(catalog.HUBSPOT_DEFINED, each.type_id, each.label)
            for each in catalog.ASSOCIATION_TYPES.get(pair, ())
        ),
        *_ADDED.get(pair, ()),
    )
    for pair in (*catalog.ASSOCIATION_TYPES, *(pair for pair in _ADDED if pair not in catalog.ASSOCIATION_TYPES))
}
"""Association types by (from, to), the plain one first."""
