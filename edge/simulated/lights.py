"""Street lights: a cabinet switches by the height of the sun, and its meter runs while the lamps burn."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from edge.simulated.chance import between, stream, unit
from edge.simulated.hours import instant_ms
from edge.simulated.sun import crossings_ms
from smartward.instants import DAY_MS, HOUR_MS, SECOND_MS

if TYPE_CHECKING:
    from edge.simulated.config import SimulatedDevice
    from edge.simulated.world import State

OFF_ABOVE_DEG, ON_BELOW_DEG = 1.2, 3.8
"""Lamps go out when the morning sun is this high, and on when the evening sun is this low: before it is dark."""
_METERED_SINCE_DAY = 20_454  # 2026-01-01
_LAMPS, _LAMP_W = 30, 100
_POOR_SHARE = 0.06


def lamps(cabinet: SimulatedDevice) -> int:
    """Give how many lamps a cabinet feeds."""
    return int(cabinet.params.get("lamps", _LAMPS))


def lamp_kw(cabinet: SimulatedDevice) -> float:
    """Give one lamp's power."""
    return float(cabinet.params.get("lamp_w", _LAMP_W)) / 1000


def lamps_lit(state: State, cabinet: SimulatedDevice) -> int:
    """Give how many lamps burn: none by day, all but the broken ones by night."""
    return sound_lamps(state.seed, cabinet) if is_night(state, cabinet) else 0


def sound_lamps(seed: int, cabinet: SimulatedDevice) -> int:
    """Give how many lamps of a cabinet are not broken: nearly all, and in a few cabinets one in ten is out."""
    chance = stream(seed, "lamps", cabinet.id)
    share = 0.1 if unit(chance, 0) < _POOR_SHARE else 0.04 * unit(chance, 1)
    return lamps(cabinet) - int(lamps(cabinet) * share)


def is_night(state: State, cabinet: SimulatedDevice) -> bool:
    """Tell whether a cabinet's lamps are switched on."""
    return since_on_ms(state, cabinet) is not None


def since_on_ms(state: State, cabinet: SimulatedDevice) -> int | None:
    """Tell how long ago a cabinet switched on; None by day."""
    at_ms = state.at_ms - _shift_ms(state.seed, cabinet)
    local = state.local_at(at_ms)
    off_ms, on_ms = _switched(state, local.day)
    if at_ms >= on_ms:
        return at_ms - on_ms
    return at_ms - _switched(state, local.day - 1)[1] if at_ms < off_ms else None


def lit_hours(state: State, cabinet: SimulatedDevice) -> float:
    """Give how long the lamps have burnt since the meter was set up, in hours."""
    at_ms = state.at_ms - _shift_ms(state.seed, cabinet)
    local = state.local_at(at_ms)
    off_ms, on_ms = _switched(state, local.day)
    midnight_ms = instant_ms(local.day, 0, utc_offset_ms=state.world.utc_offset_ms)
    lat, lon = state.world.middle
    before_ms = _lit_before_ms(local.day, lat=lat, lon=lon, utc_offset_ms=state.world.utc_offset_ms)
    today_ms = min(at_ms, off_ms) - midnight_ms + max(0, at_ms - on_ms)
    return (before_ms + today_ms) / HOUR_MS


def _switched(state: State, day: int) -> tuple[int, int]:
    """Give when the ward's lamps go out and on again on a local day."""
    lat, lon = state.world.middle
    return _switching(day, lat=lat, lon=lon, utc_offset_ms=state.world.utc_offset_ms)


@lru_cache(maxsize=2048)
def _switching(day: int, *, lat: float, lon: float, utc_offset_ms: int) -> tuple[int, int]:
    noon_ms = instant_ms(day, 12, utc_offset_ms=utc_offset_ms)
    off_ms, _ = crossings_ms(noon_ms, lat=lat, lon=lon, altitude=OFF_ABOVE_DEG)
    _, on_ms = crossings_ms(noon_ms, lat=lat, lon=lon, altitude=ON_BELOW_DEG)
    return off_ms, on_ms


@lru_cache(maxsize=64)
def _lit_before_ms(day: int, *, lat: float, lon: float, utc_offset_ms: int) -> int:
    """Give how long lamps have burnt on all days from the meter's first to the one before."""
    lit_ms = 0
    for earlier in range(_METERED_SINCE_DAY, day):
        off_ms, on_ms = _switching(earlier, lat=lat, lon=lon, utc_offset_ms=utc_offset_ms)
        lit_ms += DAY_MS - (on_ms - off_ms)
    return lit_ms


def _shift_ms(seed: int, cabinet: SimulatedDevice) -> int:
    """Give how much later than the ward's mean a cabinet's photocell switches."""
    return round(between(stream(seed, "photocell", cabinet.id), 0, -75, 75)) * SECOND_MS
