"""The camera path: what one frame costs, stage by stage, as a multiple of cv2.resize of the same frame."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.analyser import Analyser
from edge.camera.config import LineConfig
from edge.camera.health import measure
from edge.camera.motion import MotionDetector, analysed
from edge.camera.source import luma_of
from edge.footage import default_folder, find
from smartward.errors import SmartwardError

LINE = LineConfig("middle", (0.5, 0.1), (0.5, 1.0))
SIZES = {"bikes": (640, 272), "vtest": (768, 576), "vtest enlarged": (1280, 720)}
FRAMES = 200

Picture = NDArray[np.uint8]


def frames_of(clip: str, *, size: tuple[int, int]) -> list[Picture]:
    """Read the first frames of a clip at a size."""
    capture = cv2.VideoCapture(str(find(clip, folder=default_folder()).path))
    pictures: list[Picture] = []
    while len(pictures) < FRAMES:
        is_read, picture = capture.read()
        if not is_read:
            break
        fitting = picture if picture.shape[1::-1] == size else cv2.resize(picture, size)
        pictures.append(np.asarray(fitting, dtype=np.uint8))
    capture.release()
    return pictures


def cost_ms(work: Callable[[int], object], *, frames: int) -> float:
    """Give the CPU time of one call in milliseconds, over all frames in order; called with each frame's number."""
    began = time.thread_time()
    for number in range(frames):
        work(number)
    return (time.thread_time() - began) * 1000 / frames


def decode_ms(clip: str) -> float:
    """Give the CPU time of grabbing and decoding one frame of a clip, in milliseconds."""
    capture = cv2.VideoCapture(
        str(find(clip, folder=default_folder()).path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1]
    )
    cost = cost_ms(lambda _: capture.read(), frames=FRAMES)
    capture.release()
    return cost


def rows(clip: str, *, size: tuple[int, int]) -> list[tuple[str, float]]:
    """Measure every stage on one clip; each has its own state and sees the frames in order."""
    pictures = frames_of(clip, size=size)
    grays = [luma_of(picture) for picture in pictures]
    lumas = [analysed(gray) for gray in grays]
    detector, analyser = MotionDetector(fps=7), Analyser((LINE,), fps=7)
    small = (lumas[0].shape[1], lumas[0].shape[0])
    stages: list[tuple[str, Callable[[int], object]]] = [
        ("cv2.resize to the analysed size", lambda n: cv2.resize(pictures[n], small)),
        ("luma, made small", lambda n: analysed(luma_of(pictures[n]))),
        ("motion", lambda n: detector.detect(lumas[n])),
        ("motion, tracks and lines", lambda n: analyser.look(lumas[n], at_ms=n * 143)),
        ("health, once a check", lambda n: measure(grays[n])),
    ]
    return [(name, cost_ms(work, frames=len(pictures))) for name, work in stages]


def main(argv: Sequence[str]) -> int:
    """Print a table for each size; arguments are not used."""
    del argv
    cv2.setNumThreads(1)
    for name, size in SIZES.items():
        clip = name.split()[0]
        try:
            measured = rows(clip, size=size)
        except SmartwardError as missing:
            sys.stderr.write(f"{missing}\n")
            return 1
        base = measured[0][1]
        sys.stdout.write(f"{name}, {size[0]}x{size[1]}, decoding {decode_ms(clip):.2f} ms a frame as filmed\n")
        for stage, cost in measured:
            sys.stdout.write(f"  {stage:<34} {cost:6.3f} ms {cost / base:6.1f} x\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
