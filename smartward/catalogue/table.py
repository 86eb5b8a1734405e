"""The catalogue as a table: one row for each kind of device, for a person who asks what there is."""

from __future__ import annotations

from typing import NamedTuple

from smartward.catalogue.model import Catalogue, Lang, label


class Row(NamedTuple):
    """One kind of device: its id, its name, and how many quantities, events and rules are its own."""

    type: str
    name: str
    tier: str
    quantities: int
    events: int
    rules: int
    reporting_interval_s: int


def catalogue_table(catalogue: Catalogue, *, lang: Lang = "vi") -> list[Row]:
    """Give a row for each device type in order of its id; common quantities and rules are not counted."""
    common = len(catalogue.common_quantities)
    return [
        Row(
            kind.type,
            label(kind, lang),
            kind.tier,
            len(kind.quantities) - common,
            len(kind.events),
            len(kind.rules),
            kind.reporting_interval_s,
        )
        for _, kind in sorted(catalogue.types.items())
    ]
