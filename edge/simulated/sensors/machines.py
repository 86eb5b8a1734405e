"""Machines: the health of simulated cameras and gateways, and checks of web services."""

from __future__ import annotations

import math

from edge.simulated.chance import between, drift, normal, stream, unit
from edge.simulated.config import SimulatedDevice
from edge.simulated.world import State
from smartward.instants import MINUTE_MS, SECOND_MS
from smartward.observation import Value

_OUTAGE_A_DAY = {"camera": 0.02, "web_service": 0.02, "mains": 0.01}
_LINKS = {"fibre": (4.0, 0.001), "tslcd": (6.0, 0.001), "5g": (22.0, 0.004), "4g": (45.0, 0.01)}
"""Per uplink: its usual round trip in ms and its loss."""
_CERT_RENEWED_AT_D, _CERT_DAYS = 30, 60


def camera(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say how healthy the picture is; brightness follows the sun."""
    chance = stream(state.seed, "camera", device.id)
    if _is_out(state, device.id, kind="camera", minutes=45):
        return _no_picture(state)
    second = state.at_ms // SECOND_MS
    daylight = min(1.0, max(0.0, (state.sun_deg + 4) / 20))
    return {
        "health": "ok",
        "stream_ok": True,
        "fps": round(between(chance, 0, 14.0, 25.0) + between(chance ^ 1, second, -0.3, 0.3), 1),
        "bitrate": round(
            (700 + 1200 * unit(chance, 1)) * (0.6 + 0.4 * daylight) * between(chance ^ 2, second, 0.9, 1.1)
        ),
        "frame_age": round(between(chance ^ 3, second, 0.02, 0.2), 2),
        "sharpness": round((180 + 500 * unit(chance, 2)) * (0.45 + 0.55 * daylight), 0),
        "brightness": round(42 + 78 * daylight + 6 * drift(chance ^ 4, state.at_ms, period_s=300), 1),
        "scene_shift": round(0.02 + 0.02 * unit(chance ^ 5, second), 3),
        "recording_gap": 0.0,
    }


def edge_gateway(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say a simulated gateway's vitals; its backlog only the agent that keeps the outbox can tell."""
    chance = stream(state.seed, "gateway", device.id)
    second = state.at_ms // SECOND_MS
    link = str(device.params.get("link_type", "fibre"))
    rtt_ms, loss = _LINKS.get(link, _LINKS["4g"])
    load = 0.16 + 0.1 * drift(chance, state.at_ms, period_s=300) + 0.05 * unit(chance ^ 1, second)
    warmth = state.weather(device.lat, device.lon).temperature
    return {
        "cpu_load": round(load, 3),
        "mem_used": round(0.42 + 0.06 * drift(chance ^ 2, state.at_ms, period_s=3600), 3),
        "disk_used": round(between(chance, 0, 0.25, 0.6), 3),
        "cpu_temperature": round(warmth + 16 + 30 * load, 1),
        "link_rtt": round(rtt_ms * math.exp(0.25 * normal(chance ^ 3, second)), 1),
        "link_loss": round(loss * 2 * unit(chance ^ 4, second // 10), 4),
        "link_type": link,
        "on_battery": _is_out(state, device.id, kind="mains", minutes=8),
        "cert_days_left": _cert_days_left(state, device),
    }


def web_service(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say whether a service answers, how fast and with which status."""
    chance = stream(state.seed, "service", device.id)
    if _is_out(state, device.id, kind="web_service", minutes=15):
        return {
            "up": False,
            "response_time": 10_000.0,
            "http_status": 0,
            "cert_days_left": _cert_days_left(state, device),
        }
    usual_ms = between(chance, 0, 90, 420) * (1 + 0.3 * drift(chance ^ 1, state.at_ms, period_s=900))
    return {
        "up": True,
        "response_time": round(usual_ms * math.exp(0.3 * normal(chance ^ 2, state.at_ms // SECOND_MS)), 0),
        "http_status": 200,
        "cert_days_left": _cert_days_left(state, device),
    }


def _no_picture(state: State) -> dict[str, Value]:
    """Say what a camera's gateway says while no picture comes."""
    gap_s = float(state.at_ms % (45 * MINUTE_MS) // SECOND_MS)
    return {
        "health": "no_signal",
        "stream_ok": False,
        "fps": 0.0,
        "bitrate": 0.0,
        "frame_age": gap_s,
        "sharpness": 0.0,
        "brightness": 0.0,
        "scene_shift": 0.0,
        "recording_gap": gap_s,
    }


def _is_out(state: State, device: str, *, kind: str, minutes: int) -> bool:
    """Tell whether a device is out now: on a few days, once, for some minutes."""
    chance = stream(state.seed, "out", kind, device)
    if unit(chance, state.local.day) >= _OUTAGE_A_DAY[kind]:
        return False
    begins = between(chance ^ 1, state.local.day, 0, 23)
    return begins <= state.local.hour < begins + minutes / 60


def _cert_days_left(state: State, device: SimulatedDevice) -> int:
    """Give the days that a certificate still holds: it is renewed in time, thirty days before its end."""
    issued = int(_CERT_DAYS * unit(stream(state.seed, "certificate", device.id), 0))
    return _CERT_RENEWED_AT_D + _CERT_DAYS - (state.local.day + issued) % _CERT_DAYS
