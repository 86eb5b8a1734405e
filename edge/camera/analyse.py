"""`smartward edge analyse VIDEO`: what the camera path sees in a recording, as fast as it can be read.

The same watch as on a live camera, so that a site can be tried on a recording before a camera is mounted. The same
recording and configuration always give the same answer. Instants are milliseconds from the recording's beginning.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Iterable, Sequence
from itertools import count, pairwise
from pathlib import Path

import cv2
import msgspec
import numpy as np

from edge.camera.annotate import Annotator
from edge.camera.box import Box
from edge.camera.capture import SourceFailed, open_capture, rate_of
from edge.camera.config import CameraConfig
from edge.camera.lines import Direction
from edge.camera.source import Beat, Frame
from edge.camera.watch import NewId, Watch
from smartward.config import load_toml
from smartward.errors import ConfigError, SmartwardError
from smartward.event import Event

DEFAULT_ANALYSE_FPS = 12.5
"""Without a configuration at most so many frames a second are analysed; boxes between them are interpolated."""
LONGEST_GAP_S = 1.0
"""A track's boxes are interpolated over gaps up to this long."""
FINDING, BAD_USAGE = 1, 2
"""Exit codes."""


class Sighting(msgspec.Struct, frozen=True):
    """One track in one frame; `frame` counts from 1, the box is in pixels of the recording."""

    frame: int
    track: int
    box: Box


class Analysis(msgspec.Struct, frozen=True):
    """What was seen. `tracks` is in order of frame and track; `counts` is by line and direction."""

    frames: int
    fps: float
    size: tuple[int, int]
    tracks: list[Sighting]
    events: list[Event]
    counts: dict[str, dict[Direction, int]]


class Cameras(msgspec.Struct, frozen=True):
    """The part of an edge agent's configuration that is needed here."""

    camera: tuple[CameraConfig, ...] = ()


Draw = Callable[[Frame, Watch], None]


def analyse(video: Path, *, config: CameraConfig, draw: Draw | None = None) -> Analysis:
    """Watch a whole recording as `config` says; `draw` is called after every analysed frame. Raises SourceFailed."""
    capture = open_capture(str(video))
    try:
        return _watch(capture, config=config, draw=draw)
    finally:
        capture.release()


def _watch(capture: cv2.VideoCapture, *, config: CameraConfig, draw: Draw | None) -> Analysis:
    fps = config.fps or rate_of(capture)
    watch = Watch(config, new_id=_ids(config.device))
    is_due = Beat(min(config.analyse_fps, fps))
    counts: dict[str, dict[Direction, int]] = {line.name: {"in": 0, "out": 0} for line in config.line}
    sightings: dict[int, list[Sighting]] = {}
    believed: set[int] = set()
    events: list[Event] = []
    size, number = (0, 0), 0
    while capture.grab():
        number += 1
        if not is_due((number - 1) / fps):
            continue
        is_decoded, picture = capture.retrieve()
        if not is_decoded:
            continue
        bgr = np.asarray(picture, dtype=np.uint8)
        size = (bgr.shape[1], bgr.shape[0])
        frame = Frame(bgr, at_ms=round((number - 1) * 1000 / fps), number=number, scene=0)
        events += watch.look(frame)
        if watch.sight is not None:
            for crossing in watch.sight.crossings:
                counts[crossing.line.name][crossing.direction] += 1
            believed |= {track.id for track in watch.sight.believed}
            for track in watch.sight.tracks:
                if track.seen_ms == frame.at_ms:
                    box = watch.sight.in_picture(track, width=size[0])
                    sightings.setdefault(track.id, []).append(Sighting(frame=number, track=track.id, box=box))
        if draw is not None:
            draw(frame, watch)
    if not number:
        raise SourceFailed("there is no picture in the recording")
    full = [whole for track in believed for whole in _filled(sightings[track], longest=round(fps * LONGEST_GAP_S))]
    full.sort(key=lambda sighting: (sighting.frame, sighting.track))
    return Analysis(frames=number, fps=fps, size=size, tracks=full, events=events, counts=counts)


def _filled(sightings: list[Sighting], *, longest: int) -> Iterable[Sighting]:
    """Give one track's sightings with the frames between them interpolated, over gaps of at most `longest` frames."""
    for one, other in pairwise(sightings):
        yield one
        steps = other.frame - one.frame
        for step in range(1, steps if steps <= longest else 1):
            share = step / steps
            box = Box(*(a + share * (b - a) for a, b in zip(one.box, other.box, strict=True)))
            yield Sighting(frame=one.frame + step, track=one.track, box=box)
    yield sightings[-1]


def _ids(device: str) -> NewId:
    """Give ids that are the same in every run."""
    numbers = count(1)
    return lambda: str(uuid.uuid5(uuid.NAMESPACE_URL, f"smartward:analyse:{device}:{next(numbers)}"))


def mot_lines(tracks: Iterable[Sighting]) -> Iterable[str]:
    """Give tracks as MOTChallenge rows: frame, id, left, top, width, height, confidence, -1, -1, -1."""
    for seen in tracks:
        box = seen.box
        place = f"{box.left:.1f},{box.top:.1f},{box.width:.1f},{box.height:.1f}"
        yield f"{seen.frame},{seen.track},{place},1,-1,-1,-1\n"


def event_lines(analysis: Analysis) -> Iterable[str]:
    """Give events as JSON lines in the shape of the wire, with the recording's frame beside it."""
    for event in analysis.events:
        at_ms = event.observed_ms or 0
        body = {
            "event_id": event.event_id,
            "type": event.type,
            "at": at_ms,
            "frame": round(at_ms * analysis.fps / 1000) + 1,
            "device": event.device,
            "values": event.values,
        }
        yield msgspec.json.encode(body).decode() + "\n"


def main(argv: Sequence[str]) -> int:
    """Run the command; give its exit code."""
    options = _parser().parse_args(argv)
    try:
        config = _config(options)
        analysis = _analyse_into(options, config=config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_USAGE
    except (SmartwardError, OSError) as error:
        sys.stderr.write(f"{options.video}: {error}\n")
        return FINDING
    seen = len({sighting.track for sighting in analysis.tracks})
    sys.stdout.write(f"{analysis.frames} frames at {analysis.fps:g} a second, {seen} tracks\n")
    for line, directions in analysis.counts.items():
        sys.stdout.write(f"{line}: {directions['in']} in, {directions['out']} out\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="smartward edge analyse", description=analyse.__doc__)
    parser.add_argument("video", type=Path, help="the recording")
    parser.add_argument("--config", type=Path, help="an edge agent's configuration with the camera's lines and zones")
    parser.add_argument("--camera", default="", help="which camera of the configuration (default: the first)")
    parser.add_argument("--fps", type=float, default=0.0, help="the recording's true rate, where its header lies")
    parser.add_argument("--tracks", type=Path, help="write tracks as MOTChallenge CSV")
    parser.add_argument("--events", type=Path, help="write events as JSON lines")
    parser.add_argument(
        "--annotated", type=Path, help="write a copy with what was seen drawn in (.mp4); it shows people"
    )
    return parser


def _config(options: argparse.Namespace) -> CameraConfig:
    if options.config is None:
        config = CameraConfig(device="recording", source=str(options.video), analyse_fps=DEFAULT_ANALYSE_FPS)
    else:
        cameras = load_toml(options.config, Cameras, env={}).camera
        chosen = [camera for camera in cameras if options.camera in {"", camera.device}]
        if not chosen:
            there = ", ".join(camera.device for camera in cameras) or "none"
            raise ConfigError(
                f"there is no camera {options.camera}", file=str(options.config), remedy=f"Cameras there: {there}"
            )
        config = chosen[0]
    return msgspec.structs.replace(config, fps=options.fps) if options.fps else config


def _analyse_into(options: argparse.Namespace, *, config: CameraConfig) -> Analysis:
    """Analyse, and write the files that were asked for."""
    annotator = Annotator(options.annotated, config=config, fps=config.analyse_fps) if options.annotated else None
    try:
        analysis = analyse(options.video, config=config, draw=annotator.draw if annotator else None)
    finally:
        if annotator:
            annotator.close()
    if options.tracks:
        options.tracks.write_text("".join(mot_lines(analysis.tracks)), encoding="utf-8")
    if options.events:
        options.events.write_text("".join(event_lines(analysis)), encoding="utf-8")
    return analysis
