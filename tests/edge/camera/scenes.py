"""Rendered scenes: upright figures that walk over a noisy ground at known times, through a real encoded video."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS, FRAMES = 320, 240, 10, 120
LINE_X = 160
BODY_WIDTH, BODY_HEIGHT = 14, 34
LANES = (60, 110, 160, 210)
"""The ground of each lane, in pixels from the top; figures of different lanes never touch."""


class Walker(msgspec.Struct, frozen=True):
    """One figure: its foot's way as (frame, x); it is in the picture only between its first and last frame."""

    lane: int
    way: tuple[tuple[int, float], ...]
    brightness: int

    def x_at(self, frame: int) -> float | None:
        """Give the foot's place, None when it is not there."""
        if not self.way[0][0] <= frame <= self.way[-1][0]:
            return None
        frames, places = zip(*self.way, strict=True)
        return float(np.interp(frame, frames, places))


class Scene(msgspec.Struct, frozen=True):
    """What is drawn, and how often the middle line is crossed to the right (`in`) and to the left (`out`)."""

    walkers: tuple[Walker, ...]
    crossings_in: int
    crossings_out: int


def scene_of(seed: int) -> Scene:
    """Make up one scene: in every lane one figure after another crosses, turns back before the line, or after it."""
    rng = random.Random(seed)
    walkers, crossings_in, crossings_out = [], 0, 0
    for lane in LANES:
        frame = rng.randint(15, 30)
        while frame < FRAMES - 60:
            speed = rng.uniform(4.0, 7.0)
            goes_right = rng.random() < 0.5
            begin, end = (20.0, WIDTH - 20.0) if goes_right else (WIDTH - 20.0, 20.0)
            kind = rng.choice(["across", "across", "turns before", "turns after"])
            turn = {"turns before": LINE_X - 45.0, "turns after": LINE_X + 45.0}.get(kind)
            places = [begin, end] if turn is None else [begin, turn if goes_right else WIDTH - turn, begin]
            way = [(frame, places[0])]
            for one, other in itertools.pairwise(places):
                way.append((way[-1][0] + max(round(abs(other - one) / speed), 1), other))
            walkers.append(Walker(lane=lane, way=tuple(way), brightness=rng.choice([30, 60, 215, 240])))
            if kind != "turns before":
                crossings_in += goes_right or kind == "turns after"
                crossings_out += not goes_right or kind == "turns after"
            frame = way[-1][0] + 25
    return Scene(walkers=tuple(walkers), crossings_in=crossings_in, crossings_out=crossings_out)


def frames_of(scene: Scene) -> int:
    """Tell how long the scene lasts until everybody is gone."""
    return max(walker.way[-1][0] for walker in scene.walkers) + 10


def draw(scene: Scene, frame: int, *, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one frame: a ground that gets darker upwards, sensor noise, a blinking lamp, the figures."""
    ground = np.linspace(110, 150, HEIGHT)[:, None] + np.zeros((1, WIDTH))
    picture = ground + rng.normal(0, 4, (HEIGHT, WIDTH))
    if frame % 10 < 5:
        picture[4:10, 150:158] += 80
    for walker in scene.walkers:
        x = walker.x_at(frame)
        if x is not None:
            left = round(x - BODY_WIDTH / 2)
            picture[walker.lane - BODY_HEIGHT : walker.lane, max(left, 0) : max(left + BODY_WIDTH, 0)] = (
                walker.brightness
            )
    gray = np.clip(picture, 0, 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def write(scene: Scene, path: Path, *, seed: int) -> None:
    """Encode the scene into a video file."""
    rng = np.random.default_rng(seed)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (WIDTH, HEIGHT))
    assert writer.isOpened(), path
    for frame in range(frames_of(scene)):
        writer.write(draw(scene, frame, rng=rng))
    writer.release()
