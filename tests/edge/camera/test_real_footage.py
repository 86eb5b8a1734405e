"""The whole path on real footage, against hand labels that were written before it was run on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from edge.camera.analyse import Analysis, analyse
from edge.camera.config import CameraConfig, LineConfig
from edge.camera.lines import Direction
from edge.camera.source import Frame
from edge.camera.watch import Watch
from edge.footage import Clip

LABELS = Path(__file__).parent / "labels"
DIRECTIONS: dict[str, Direction] = {"right": "in", "left": "out"}


class Seen(NamedTuple):
    """An analysis, with how many people were seen in each frame (from 0) and which frames began a scene."""

    analysis: Analysis
    people: dict[int, int]
    cuts: list[int]


def labels_of(clip: str) -> dict[str, Any]:
    """Read a clip's hand labels."""
    labels: dict[str, Any] = yaml.safe_load((LABELS / f"{clip}.yaml").read_text(encoding="utf-8"))
    return labels


def watch(clip: Clip, *, analyse_fps: float, lines: dict[str, dict[str, Any]]) -> Seen:
    """Analyse a clip with the labelled lines."""
    drawn = tuple(LineConfig(name, tuple(line["from"]), tuple(line["to"])) for name, line in lines.items())
    config = CameraConfig("cam-1", source="", fps=clip.fps, analyse_fps=analyse_fps, line=drawn)
    people: dict[int, int] = {}
    cuts: list[int] = []

    def note(frame: Frame, seen: Watch) -> None:
        assert seen.sight is not None
        people[frame.number - 1] = len(seen.sight.believed)
        if seen.sight.is_new_scene:
            cuts.append(frame.number - 1)

    return Seen(analyse(clip.path, config=config, draw=note), people, cuts)


def found(labelled: list[tuple[int, int]], counted: list[int], *, within: int) -> tuple[set[int], list[int]]:
    """Match labels (first and last frame) with counted frames, nearest first; give both as what is matched."""
    pairs = sorted(
        (max(first - frame, frame - last, 0), index, place)
        for index, (first, last) in enumerate(labelled)
        for place, frame in enumerate(counted)
    )
    labels: set[int] = set()
    places: set[int] = set()
    for distance, index, place in pairs:
        if distance <= within and index not in labels and place not in places:
            labels.add(index)
            places.add(place)
    return labels, [counted[place] for place in places]


@pytest.fixture(scope="module", params=[7.0, 3.5], ids=["every frame", "every second frame"])
def square(request: pytest.FixtureRequest, footage: dict[str, Clip]) -> Seen:
    """Give what is seen on vtest."""
    return watch(footage["vtest"], analyse_fps=request.param, lines=labels_of("vtest")["lines"])


def test_people_who_cross_the_square_are_counted_as_by_hand(square: Seen) -> None:
    """Recall, precision and the total are within the tolerance that is written beside the labels, and no step back."""
    labels = labels_of("vtest")
    tolerance, window = labels["tolerance"] | labels["no_worse_than"], labels["tolerance"]["match_frames"]
    labelled = matched = extra = 0
    for name, line in labels["lines"].items():
        for word, direction in DIRECTIONS.items():
            truth = [(frame, frame) for frame in line[word]] + [tuple(slow) for slow in line.get(f"slow_{word}", [])]
            counted = [
                round((event.observed_ms or 0) * square.analysis.fps / 1000)
                for event in square.analysis.events
                if event.values["line"] == name and event.values["direction"] == direction
            ]
            counted = [frame for frame in counted if frame >= labels["from_frame"]]
            hits, used = found(truth, counted, within=window)
            touched = line["touches"]
            labelled += len(truth)
            matched += len(hits)
            extra += sum(
                frame not in used and not any(abs(frame - touch) <= window for touch in touched) for frame in counted
            )

    assert matched / labelled >= tolerance["recall"]
    assert matched / (matched + extra) >= tolerance["precision"]
    assert abs(matched + extra - labelled) <= tolerance["total_within"] * labelled


def test_people_in_view_are_counted_as_by_hand(square: Seen) -> None:
    """Hand-counted frames, and how far off the count is on the mean."""
    labels = labels_of("vtest")
    errors = [
        abs(square.people[frame] - people) for frame, people in labels["people"].items() if frame in square.people
    ]

    assert len(errors) >= len(labels["people"]) // 2
    assert sum(errors) / len(errors) <= labels["no_worse_than"]["people_mean_error"]


@pytest.fixture(scope="module")
def street(footage: dict[str, Clip]) -> Seen:
    """Give what is seen on bikes."""
    return watch(footage["bikes"], analyse_fps=8, lines={"middle": labels_of("bikes")["line"]})


def test_the_street_clip_gives_about_as_many_crossings_as_were_seen_by_eye(street: Seen) -> None:
    """A montage of hand-held shots is the hardest there is; the range beside the labels is honest about it."""
    labels = labels_of("bikes")
    fewest, most = labels["tolerance"]["crossings"]
    counted = [round((event.observed_ms or 0) * 25 / 1000) for event in street.analysis.events]

    assert fewest <= len(counted) <= most
    for frame in labels["must_see"]:
        assert any(abs(frame - one) <= labels["tolerance"]["match_frames"] for one in counted)


def test_cuts_are_noticed_and_not_taken_for_motion(street: Seen) -> None:
    """After a cut the background is learnt anew, so that the new picture is not one large passer-by."""
    labels = labels_of("bikes")
    first, *cuts = street.cuts
    hits, used = found([(cut, cut) for cut in labels["cuts"]], cuts, within=6)

    assert first == 0
    assert len(hits) >= labels["tolerance"]["cuts_found"]
    assert len(cuts) - len(used) <= labels["tolerance"]["false_cuts"]
