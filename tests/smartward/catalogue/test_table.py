"""What the table of the catalogue shows."""

from __future__ import annotations

from smartward import catalogue
from smartward.catalogue.table import Row, catalogue_table


def test_the_table_counts_what_is_a_types_own() -> None:
    """The common quantities and rules would make every line look alike."""
    rows = {row.type: row for row in catalogue_table(catalogue.load())}

    assert len(rows) == 21
    assert rows["flood_road"] == Row("flood_road", "Đo ngập đường, hầm chui, cống", "core", 3, 0, 4, 60)


def test_the_table_speaks_english_when_asked() -> None:
    """`smartward catalogue list` follows the reader."""
    assert catalogue_table(catalogue.load(), lang="en")[0].name.startswith("Air-quality station")
