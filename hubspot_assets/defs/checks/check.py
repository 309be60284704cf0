"""Asset checks that a family puts beside its assets: a question about a table, and what its answer looks like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from hubspot_assets.sync.finding import Finding
    from hubspot_assets.warehouse.base import Warehouse


@dataclass(frozen=True)
class Inspected:
    """What an inspection may look at.

    Attributes:
        warehouse: Where the tables are.
        prepared: What the assets' step prepares for its sources.
        covered_until: Up to when the table of an asset is complete, given the asset's name, the table's, and the
            partition (None of an asset without partitions); None where it was never synced to its end.
    """

    warehouse: "Warehouse"
    prepared: Any
    covered_until: Callable[[str, str | None, str | None], datetime | None]


@dataclass(frozen=True)
class Check:
    """An asset check.

    Attributes:
        name: What it is called, after the asset: `agrees_with_the_opposite_direction`.
        description: What must hold.
        inspect: Looks whether it does.
    """

    name: str
    description: str
    inspect: "Callable[[Inspected], Finding]"


def check_result(key: dg.AssetKey, check: str, finding: "Finding") -> dg.AssetCheckResult:
    """Return what was found as Dagster takes it."""
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check,
        passed=finding.holds,
        severity=dg.AssetCheckSeverity.ERROR if finding.severe else dg.AssetCheckSeverity.WARN,
        description=finding.sentence,
        metadata={name: _metadata(fact) for name, fact in finding.facts.items()},
    )


def _metadata(fact: Any) -> Any:  # noqa: ANN401
    return dg.MetadataValue.timestamp(fact) if isinstance(fact, datetime) else fact
