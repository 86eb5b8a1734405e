"""The gateway's own telemetry: what this machine and its uplink really are like, as the type `edge_gateway`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil

from smartward.instants import SECOND_MS
from smartward.observation import Observation, Value

CPU_SENSORS = ("coretemp", "k10temp", "cpu_thermal", "soc_thermal", "acpitz")
"""Names under which Linux reports the temperature of a processor, the surest first."""


class Host:
    """Reads the machine; a quantity that it cannot measure is left out, never made up.

    `waiting` counts the packs that the server does not have, `rtt_ms` is the last measured round trip of a pack to
    the server's disk and back.
    """

    def __init__(
        self, gateway: str, *, folder: Path, waiting: Callable[[], int], rtt_ms: Callable[[], int | None]
    ) -> None:
        self._gateway = gateway
        self._folder = folder
        self._waiting = waiting
        self._rtt_ms = rtt_ms
        self._is_first = True

    def read(self, now_ms: int) -> list[Observation]:
        """Read all that can be measured now."""
        values: dict[str, Value] = {
            "mem_used": share(psutil.virtual_memory().percent),
            "disk_used": share(psutil.disk_usage(str(self._folder)).percent),
            "buffer_messages": self._waiting(),
            "uptime": round(now_ms / SECOND_MS - psutil.boot_time()),
        }
        cpu = share(psutil.cpu_percent(interval=None))  # since the reading before: the first one means nothing
        if not self._is_first:
            values["cpu_load"] = cpu
        self._is_first = False
        rtt_ms = self._rtt_ms()
        if rtt_ms is not None:
            values["link_rtt"] = rtt_ms
        temperature = cpu_temperature()
        if temperature is not None:
            values["cpu_temperature"] = temperature
        battery = psutil.sensors_battery()
        if battery is not None and battery.power_plugged is not None:
            values["on_battery"] = not battery.power_plugged
        return [Observation(self._gateway, values, now_ms)]


def share(percent: float) -> float:
    """Give a percentage as a share between 0 and 1."""
    return round(min(max(percent, 0.0), 100.0) / 100, 4)


def cpu_temperature() -> float | None:
    """Give the hottest processor sensor in degrees Celsius; None on a machine without any."""
    found = psutil.sensors_temperatures()
    for name in CPU_SENSORS:
        if found.get(name):
            return round(max(sensor.current for sensor in found[name]), 1)
    return None
