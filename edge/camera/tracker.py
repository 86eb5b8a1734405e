"""The tracker: which box in this frame is which box of the frames before.

Boxes are matched to predicted tracks by overlap first, then by the distance of their centres; a box that covers
several live tracks is a group, and its members keep their own course inside it until they part. A track is reported
once it was seen often enough and has moved, so that a flickering lamp or a parked car is never a passer-by.
"""

from __future__ import annotations

from math import hypot

import msgspec

from edge.camera.box import Box, overlap, share_inside, union

MIN_OVERLAP = 0.2
"""The least intersection over union that makes a box the same thing."""
REACH = 0.9
"""How far a centre may be from its prediction in the second stage, in heights of the larger box."""
MAX_SIZE_RATIO = 3.0
"""How much larger or smaller a thing may seem from one frame to the next, by area, in the second stage."""
MIN_SIGHTINGS, MIN_SEEN_MS = 3, 400
"""How often, and over how long, a track must have been seen before it is believed."""
MOVED_HEIGHTS = 0.5
"""How far a thing must once have gone from where it appeared, in its own heights, to be reported at all."""
LOST_AFTER_MS = 1_500
DOUBTED_AFTER_MS = 500
"""How long a believed track and a new one live unseen."""
JOIN_SHARE, STAY_SHARE = 0.6, 0.3
"""The share of a track that must lie in a box for it to join the group that the box is, and to stay in it."""
GROUP_HALF_LIFE_S = 1.0
"""How long the course that somebody came with is believed inside a group, where nobody can be told apart."""
GROUP_SIZE = 1.25
"""How much larger than its member a box must be to be a group."""
NEW_SPEED_WEIGHT = 0.35
"""How much of the newest speed goes into the course."""


class Track(msgspec.Struct):
    """One thing over time: where it is now, or should be by its course, and where it was last seen.

    Speeds are in pixels a second; `first_box` is where it appeared.
    """

    id: int
    box: Box
    seen_box: Box
    seen_ms: int
    first_box: Box
    first_ms: int
    sightings: int = 1
    speed_x: float = 0.0
    speed_y: float = 0.0
    has_moved: bool = False
    is_in_group: bool = False

    @property
    def is_believed(self) -> bool:
        """Tell whether it was seen often and long enough and has moved once."""
        is_known = self.sightings >= MIN_SIGHTINGS and self.seen_ms - self.first_ms >= MIN_SEEN_MS
        return self.has_moved and is_known


class Tracker:
    """Follows boxes from frame to frame; frames come in order of time."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next_id = 1
        self._at_ms = 0

    def reset(self) -> None:
        """Forget everything: the picture is another one now. Ids are not used again."""
        self._tracks = []

    def step(self, boxes: list[Box], *, at_ms: int) -> list[Track]:
        """Follow one frame's boxes; give all live tracks, also those not yet believed or unseen for a moment."""
        elapsed_s = (at_ms - self._at_ms) / 1000
        self._at_ms = at_ms
        predicted = {track.id: _predict(track, elapsed_s=elapsed_s) for track in self._tracks}
        open_tracks, open_boxes = self._follow_groups(predicted, boxes, at_ms=at_ms, elapsed_s=elapsed_s)
        for stage in (_by_overlap, _by_distance):
            pairs = _choose(stage(open_tracks, predicted, open_boxes))
            for track, box in pairs:
                _see(track, box, at_ms=at_ms)
            matched_ids, matched = {track.id for track, _ in pairs}, {id(box) for _, box in pairs}
            open_tracks = [track for track in open_tracks if track.id not in matched_ids]
            open_boxes = [box for box in open_boxes if id(box) not in matched]
        for track in open_tracks:
            track.box = predicted[track.id]
            track.is_in_group = False
        self._tracks = [track for track in self._tracks if not _is_lost(track, at_ms=at_ms)]
        self._tracks.extend(self._begin(box, at_ms=at_ms) for box in open_boxes)
        return list(self._tracks)

    def _begin(self, box: Box, *, at_ms: int) -> Track:
        track = Track(id=self._next_id, box=box, seen_box=box, seen_ms=at_ms, first_box=box, first_ms=at_ms)
        self._next_id += 1
        return track

    def _follow_groups(
        self, predicted: dict[int, Box], boxes: list[Box], *, at_ms: int, elapsed_s: float
    ) -> tuple[list[Track], list[Box]]:
        """Move the members of every group with it; give the tracks and boxes that are no part of one."""
        slower = 0.5 ** (elapsed_s / GROUP_HALF_LIFE_S)
        free_tracks, free_boxes = list(self._tracks), []
        for box in boxes:
            members = [
                track
                for track in free_tracks
                if track.is_believed
                and at_ms - track.seen_ms < DOUBTED_AFTER_MS
                and share_inside(predicted[track.id], box) >= (STAY_SHARE if track.is_in_group else JOIN_SHARE)
                and box.area >= GROUP_SIZE * track.box.area
            ]
            if len(members) < 2:  # noqa: PLR2004 - one is no group
                free_boxes.append(box)
                continue
            together = union([predicted[track.id] for track in members])
            dx, dy = box.centre.x - together.centre.x, box.bottom - together.bottom
            for track in members:
                track.box = track.seen_box = _kept_inside(predicted[track.id].moved(dx=dx, dy=dy), box)
                track.seen_ms, track.is_in_group = at_ms, True
                track.speed_x *= slower
                track.speed_y *= slower
            free_tracks = [track for track in free_tracks if track not in members]
        return free_tracks, free_boxes


Candidate = tuple[float, Track, Box]
"""A possible match and its cost."""


def _by_overlap(tracks: list[Track], predicted: dict[int, Box], boxes: list[Box]) -> list[Candidate]:
    candidates = [(1 - overlap(predicted[track.id], box), track, box) for track in tracks for box in boxes]
    return [candidate for candidate in candidates if candidate[0] <= 1 - MIN_OVERLAP]


def _by_distance(tracks: list[Track], predicted: dict[int, Box], boxes: list[Box]) -> list[Candidate]:
    candidates = []
    for track in tracks:
        expected = predicted[track.id]
        for box in boxes:
            far = hypot(expected.centre.x - box.centre.x, expected.centre.y - box.centre.y)
            height = max(expected.height, box.height)
            ratio = max(expected.area, box.area) / max(min(expected.area, box.area), 1.0)
            if far <= REACH * height and ratio <= MAX_SIZE_RATIO:
                candidates.append((far / height, track, box))
    return candidates


def _choose(candidates: list[Candidate]) -> list[tuple[Track, Box]]:
    """Take the cheapest pair, then the cheapest of what is left, and so on; older tracks win a tie."""
    taken_tracks: set[int] = set()
    taken_boxes: set[int] = set()
    pairs = []
    for _, track, box in sorted(candidates, key=lambda candidate: (candidate[0], candidate[1].id, candidate[2])):
        if track.id not in taken_tracks and id(box) not in taken_boxes:
            taken_tracks.add(track.id)
            taken_boxes.add(id(box))
            pairs.append((track, box))
    return pairs


def _predict(track: Track, *, elapsed_s: float) -> Box:
    return track.box.moved(dx=track.speed_x * elapsed_s, dy=track.speed_y * elapsed_s)


def _kept_inside(member: Box, group: Box) -> Box:
    """Give a member's box shifted across so that it does not walk out of its group."""
    if member.left < group.left:
        return member.moved(dx=group.left - member.left, dy=0)
    return member.moved(dx=min(group.right - member.right, 0), dy=0)


def _see(track: Track, box: Box, *, at_ms: int) -> None:
    """Take a box as the track's newest sighting."""
    elapsed_s = (at_ms - track.seen_ms) / 1000
    if elapsed_s > 0:
        weight = NEW_SPEED_WEIGHT if track.sightings > 1 else 1.0
        dx, dy = box.centre.x - track.seen_box.centre.x, box.bottom - track.seen_box.bottom
        track.speed_x += weight * (dx / elapsed_s - track.speed_x)
        track.speed_y += weight * (dy / elapsed_s - track.speed_y)
    track.box = track.seen_box = box
    track.seen_ms = at_ms
    track.sightings += 1
    track.is_in_group = False
    track.has_moved = track.has_moved or moved_by(track.first_box, box) >= MOVED_HEIGHTS * box.height


def moved_by(before: Box, after: Box) -> float:
    """Tell how far the whole of a box has gone, in pixels: one that only grows or shrinks on a side has not moved."""
    across = _common(after.left - before.left, after.right - before.right)
    down = _common(after.top - before.top, after.bottom - before.bottom)
    return hypot(across, down)


def _common(one: float, other: float) -> float:
    """Give what two edges have moved together."""
    return min(abs(one), abs(other)) if one * other > 0 else 0.0


def _is_lost(track: Track, *, at_ms: int) -> bool:
    return at_ms - track.seen_ms > (LOST_AFTER_MS if track.is_believed else DOUBTED_AFTER_MS)
