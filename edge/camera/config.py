"""Configuration of cameras: the `[[camera]]` tables of an edge agent's file, as frozen types.

Places in the picture are shares of its width and height, [x, y] from the upper left corner, so that they stay right
when the camera's resolution changes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=120)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
Place = tuple[Share, Share]


class LineConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A counting line. `in` is towards the right edge of the picture when it is drawn from top to bottom.

    `label` is what passes there as the installer knows it (`person`, `vehicle`): motion alone cannot tell.
    """

    name: Name
    start: Place = msgspec.field(name="from")
    end: Place = msgspec.field(name="to")
    label: Name = "object"

    def __post_init__(self) -> None:
        """Refuse a line without length."""
        if self.start == self.end:
            raise ValueError(f"line {self.name} begins and ends at {list(self.start)}; give it two different points")


class SpeedConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two counting lines across the road, and how many metres of road lie between them, measured on the ground."""

    first: Name
    second: Name
    metres: Annotated[float, msgspec.Meta(gt=0, le=500)]


class TrafficConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `traffic_flow` device behind the camera: which lines count for it, and the polygon of its road (none: all).

    Without `speed` no average_speed is said: it cannot be known.
    """

    device: Name
    lines: tuple[Name, ...]
    zone: tuple[Place, ...] = ()
    speed: SpeedConfig | None = None


class CrowdConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `crowd_flow` device behind the camera: which lines count for it, and the polygon of its ground (none: all).

    `area_m2` is the measured ground inside the polygon; without it no density is said: it cannot be known.
    """

    device: Name
    lines: tuple[Name, ...] = ()
    zone: tuple[Place, ...] = ()
    area_m2: Annotated[float, msgspec.Meta(gt=0)] | None = None


class CameraConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One camera: where its pictures come from, what is counted in them, and the devices that say so.

    `source` is a file, an rtsp:// or http:// address, `usb:0`, or `footage:bikes` for an installed clip. `fps` is the
    true rate of a file whose header lies, in frames a second (0: as the source says).
    """

    device: Name
    source: str
    fps: Rate = 0.0
    analyse_fps: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0
    interval_s: Seconds = 60.0
    health_interval_s: Seconds = 60.0
    check_s: Seconds = 10.0
    line: tuple[LineConfig, ...] = ()
    traffic_flow: tuple[TrafficConfig, ...] = ()
    crowd_flow: tuple[CrowdConfig, ...] = ()

    def __post_init__(self) -> None:
        """Refuse lines that are named twice, or named by a device and not drawn, and polygons that are none."""
        names = sorted(line.name for line in self.line)
        twice = [one for one, other in pairwise(names) if one == other]
        if twice:
            raise ValueError(f"camera {self.device} has two lines named {twice[0]}; give each its own name")
        flows: list[TrafficConfig | CrowdConfig] = [*self.traffic_flow, *self.crowd_flow]
        for flow in flows:
            self._check_flow(flow, names)

    def _check_flow(self, flow: TrafficConfig | CrowdConfig, names: list[str]) -> None:
        wanted = list(flow.lines)
        if isinstance(flow, TrafficConfig) and flow.speed is not None:
            wanted += [flow.speed.first, flow.speed.second]
        for name in wanted:
            if name not in names:
                drawn = ", ".join(names) or "none"
                raise ValueError(f"device {flow.device} counts at line {name}, which is not drawn; drawn are: {drawn}")
        if len(flow.zone) in {1, 2}:
            raise ValueError(f"the zone of device {flow.device} has {len(flow.zone)} points; a polygon has at least 3")
