"""A gateway says of itself only what it really measured, in the catalogue's quantities and ranges."""

from __future__ import annotations

from pathlib import Path

from edge.host import Host
from smartward import catalogue
from smartward.adapters.clock import SystemClock


def test_every_value_is_a_quantity_of_the_catalogue_within_its_range(tmp_path: Path) -> None:
    """A gateway whose own telemetry is refused looks broken."""
    quantities = {quantity.name: quantity for quantity in catalogue.load("normal").types["edge_gateway"].quantities}
    host = Host("gw-1", folder=tmp_path, waiting=lambda: 7, rtt_ms=lambda: 85)
    host.read(SystemClock().now_ms())

    (observation,) = host.read(SystemClock().now_ms())

    assert observation.device == "gw-1"
    assert {"cpu_load", "mem_used", "disk_used", "uptime", "buffer_messages", "link_rtt"} <= set(observation.values)
    assert (observation.values["buffer_messages"], observation.values["link_rtt"]) == (7, 85)
    for name, value in observation.values.items():
        quantity = quantities[name]
        assert isinstance(value, (bool, int, float)), name
        assert quantity.min is None or value >= quantity.min, name
        assert quantity.max is None or value <= quantity.max, name


def test_what_was_not_measured_is_not_said(tmp_path: Path) -> None:
    """A round trip of 0 ms before the first pack, or a load before there was a span to measure, would be invented."""
    host = Host("gw-1", folder=tmp_path, waiting=lambda: 0, rtt_ms=lambda: None)

    (observation,) = host.read(SystemClock().now_ms())

    assert not {"cpu_load", "link_rtt", "link_loss", "link_type", "cert_days_left"} & set(observation.values)
