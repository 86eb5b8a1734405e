"""Observations: the values of one device at one instant."""

from __future__ import annotations

import msgspec

Value = bool | int | float | str
"""What a quantity may be; numbers are finite."""


class Observation(msgspec.Struct, frozen=True):
    """What one device said of itself at `observed_ms`.

    `values` maps the catalogue's quantity names to values. `observed_ms` is None only on the way out of a
    device without a clock: the journal fixes it to the arrival, once.
    """

    device: str
    values: dict[str, Value]
    observed_ms: int | None = None
