"""The tracker on scripted boxes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.camera.box import Box, Point
from edge.camera.tracker import LOST_AFTER_MS, MIN_SIGHTINGS, Tracker

STEP_MS = 200


def standing(x: float, *, y: float = 100, width: float = 16, height: float = 40) -> Box:
    """Give a box whose foot is at a place."""
    return Box(x - width / 2, y - height, x + width / 2, y)


@given(speed=st.floats(-14, 14), trembles=st.lists(st.floats(-1.5, 1.5), min_size=10, max_size=30))
def test_whoever_moves_and_trembles_stays_one_track(speed: float, trembles: list[float]) -> None:
    """A body's box changes a little in every frame; that is no reason to take it for somebody new."""
    tracker = Tracker()
    tracks = [
        tracker.step([standing(200 + speed * number + tremble)], at_ms=number * STEP_MS)
        for number, tremble in enumerate(trembles)
    ]

    assert {track.id for live in tracks for track in live} == {1}


def test_what_never_moves_is_never_believed() -> None:
    """A flag, a lamp, a reflection: seen a hundred times at one place, it is still nobody."""
    tracker = Tracker()

    for number in range(100):
        (track,) = tracker.step([standing(100 + number % 2)], at_ms=number * STEP_MS)

    assert track.sightings == 100
    assert not track.is_believed


def test_whoever_has_moved_stays_believed_when_standing_still() -> None:
    """A person who stops is still there."""
    tracker = Tracker()
    places = [10 * number for number in range(10)] + [90] * 20

    for number, x in enumerate(places):
        (track,) = tracker.step([standing(x)], at_ms=number * STEP_MS)
        assert track.is_believed == (number >= max(MIN_SIGHTINGS - 1, 2))


def test_two_who_pass_each_other_keep_their_courses() -> None:
    """While they are one box nobody can be told apart; after it each goes on as the one who came."""
    tracker = Tracker()
    for number in range(30):
        left, right = 100 + 6 * number, 280 - 6 * number
        boxes = [standing(left), standing(right)]
        if abs(left - right) < 16:
            boxes = [Box(min(left, right) - 8, 60, max(left, right) + 8, 100)]
        tracks = tracker.step(boxes, at_ms=number * STEP_MS)

    by_place = sorted(tracks, key=lambda track: track.box.left)
    assert [track.id for track in by_place] == [2, 1]
    assert all(track.seen_ms == 29 * STEP_MS for track in tracks)


def test_two_who_walk_on_together_are_two_when_they_part() -> None:
    """Friends meet, are one box for three seconds, and say goodbye: nobody has vanished and nobody is new."""
    tracker = Tracker()
    for number in range(45):
        apart = 12 + 16 * max(12 - number, number - 27, 0)
        middle = 160 + 5 * min(max(number - 12, 0), 15)
        boxes = [standing(middle - apart / 2), standing(middle + apart / 2)]
        if apart <= 12:
            boxes = [Box(middle - 14, 60, middle + 14, 100)]
        tracks = tracker.step(boxes, at_ms=number * STEP_MS)

    assert sorted(track.id for track in tracks) == [1, 2]
    assert all(track.seen_ms == 44 * STEP_MS and track.is_believed for track in tracks)


def test_whoever_was_hidden_for_a_moment_is_the_same_after_it() -> None:
    """A lamp post hides a passer-by for a second."""
    tracker = Tracker()
    for number in range(30):
        is_hidden = 12 <= number < 17
        tracks = tracker.step([] if is_hidden else [standing(50 + 8 * number)], at_ms=number * STEP_MS)

    assert [track.id for track in tracks] == [1]
    assert tracks[0].box.foot == Point(50 + 8 * 29, 100)


def test_a_track_unseen_for_long_is_forgotten() -> None:
    """Whoever left does not stay in the count."""
    tracker = Tracker()
    for number in range(10):
        tracker.step([standing(50 + 8 * number)], at_ms=number * STEP_MS)

    assert len(tracker.step([], at_ms=9 * STEP_MS + LOST_AFTER_MS)) == 1
    assert tracker.step([], at_ms=9 * STEP_MS + LOST_AFTER_MS + 1) == []


def test_a_reset_forgets_all_and_uses_no_id_again() -> None:
    """After a cut the same place holds somebody else."""
    tracker = Tracker()
    tracker.step([standing(50)], at_ms=0)
    tracker.reset()

    assert [track.id for track in tracker.step([standing(50)], at_ms=STEP_MS)] == [2]


@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 320), st.floats(0, 240), st.floats(2, 90), st.floats(2, 90)), max_size=6),
        max_size=12,
    )
)
def test_any_boxes_are_taken_and_no_box_belongs_to_two_new_tracks(
    frames: list[list[tuple[float, float, float, float]]],
) -> None:
    """Whatever motion finds, every box is somebody, ids are unique, and the same input gives the same answer."""

    def ids() -> list[list[int]]:
        tracker = Tracker()
        return [
            [track.id for track in tracker.step([Box(x, y, x + w, y + h) for x, y, w, h in boxes], at_ms=n * STEP_MS)]
            for n, boxes in enumerate(frames)
        ]

    first = ids()
    assert first == ids()
    assert all(len(set(live)) == len(live) for live in first)
    assert all(live or not boxes for live, boxes in zip(first, frames, strict=True))
