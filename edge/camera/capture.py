"""Opening what cv2.VideoCapture reads: files, network streams and USB cameras, with timeouts."""

from __future__ import annotations

import os
import re
from pathlib import Path

import cv2

from smartward.errors import SmartwardError

OPEN_TIMEOUT_MS, READ_TIMEOUT_MS = 10_000, 10_000
STREAM_OPTIONS = "rtsp_transport;tcp|analyzeduration;200000|probesize;200000"
"""FFmpeg's options for streams: over TCP, and opened in under a second instead of three to five."""
FALLBACK_FPS = 25.0
PLAUSIBLE_FPS = (1.0, 120.0)


class SourceFailed(SmartwardError):
    """The source cannot be opened or read now; it is tried again."""


def open_capture(address: str) -> cv2.VideoCapture:
    """Open a file, URL or `usb:N` for reading; raises SourceFailed."""
    usb = re.fullmatch(r"usb:(\d+)", address)
    if usb:
        capture = cv2.VideoCapture(int(usb[1]), cv2.CAP_V4L2)
    else:
        is_stream = "://" in address
        if not is_stream and not Path(address).is_file():
            raise SourceFailed(f"there is no file {address}")
        if is_stream:
            os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", STREAM_OPTIONS)
        options = [cv2.CAP_PROP_N_THREADS, 1]
        if is_stream:
            options += [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                OPEN_TIMEOUT_MS,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                READ_TIMEOUT_MS,
            ]
        capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, options)
    if not capture.isOpened():
        capture.release()
        raise SourceFailed("it cannot be opened: see that its address, its login and the network are right")
    return capture


def rate_of(capture: cv2.VideoCapture) -> float:
    """Give the rate that a file's header tells, or 25 a second when that is not plausible."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    slowest, fastest = PLAUSIBLE_FPS
    return float(fps) if slowest <= fps <= fastest else FALLBACK_FPS


def shown(address: str) -> str:
    """Give an address as it may be logged: no login, no path and no query of a URL; of a file only its name.

    Passwords may hold any sign, also unescaped ones: what stands before the last @ is never shown.
    """
    url = re.fullmatch(r"(\w+)://(.*)", address)
    if url is None:
        return Path(address).name
    scheme, rest = url[1], url[2]
    login, _, place = rest.rpartition("@")
    host = re.split(r"[/?#]", place)[0]
    return f"{scheme}://{host}/…" if "?" not in login else f"{scheme}://…"
