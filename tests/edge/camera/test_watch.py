"""What one camera says, over scripted frames and instants."""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray

from edge.camera.config import CameraConfig, CrowdConfig, LineConfig, TrafficConfig
from edge.camera.source import Frame
from edge.camera.watch import Watch
from smartward.event import Event
from smartward.observation import Observation
from tests.edge.camera.scenes import FRAMES, Scene, Walker, draw
from tests.edge.camera.vocabulary import check_event, check_values

NOON_MS = 1_790_000_000_000
CONFIG = CameraConfig(
    "cam-1",
    source="",
    analyse_fps=10,
    interval_s=5,
    health_interval_s=5,
    check_s=1,
    line=(LineConfig("gate", (0.5, 0.0), (0.5, 1.0), label="person"),),
    traffic_flow=(TrafficConfig("road-1", ("gate",)),),
    crowd_flow=(CrowdConfig("crowd-1", ("gate",)),),
)
ONE_GOES_RIGHT = Scene((Walker(110, ((30, 20.0), (80, 300.0)), 30),), crossings_in=1, crossings_out=0)


def new_watch(config: CameraConfig = CONFIG) -> Watch:
    """Give a watch that has just begun, whose ids are numbers."""
    numbers = count(1)
    watch = Watch(config, new_id=lambda: str(next(numbers)))
    watch.begin(now_ms=NOON_MS)
    return watch


def frame(picture: NDArray[np.uint8], *, number: int, scene: int = 1) -> Frame:
    """Give a picture as the frame of its number, ten a second."""
    return Frame(picture, at_ms=NOON_MS + number * 100, number=number, scene=scene)


def watch_scene(watch: Watch, scene: Scene, *, frames: int = FRAMES, first: int = 1) -> list[Observation | Event]:
    """Let a watch see a scene frame by frame; give all that it says."""
    rng = np.random.default_rng(1)
    said: list[Observation | Event] = []
    for number in range(first, first + frames):
        said += watch.look(frame(draw(scene, number, rng=rng), number=number))
        said += watch.say(arrived=number, now_ms=NOON_MS + number * 100)
    return said


def of(said: list[Observation | Event], device: str) -> list[Observation]:
    """Give one device's observations."""
    return [fact for fact in said if isinstance(fact, Observation) and fact.device == device]


def test_one_passer_by_is_one_event_and_counts_once_at_each_device() -> None:
    """The event carries the frame's instant, and the counts of the periods add up to it."""
    said = watch_scene(new_watch(), ONE_GOES_RIGHT)

    (event,) = [fact for fact in said if isinstance(fact, Event)]
    assert (event.device, event.type) == ("cam-1", "line_crossed")
    assert event.values == {"line": "gate", "direction": "in", "label": "person"}
    assert event.observed_ms is not None
    assert NOON_MS + 5_400 <= event.observed_ms <= NOON_MS + 5_800
    assert sum(int(fact.values["intensity"]) for fact in of(said, "road-1")) == 1
    assert sum(int(fact.values["people_in"]) for fact in of(said, "crowd-1")) == 1
    assert sum(int(fact.values["people_out"]) for fact in of(said, "crowd-1")) == 0
    assert max(int(fact.values["people_count"]) for fact in of(said, "crowd-1")) == 1


def test_all_devices_speak_within_five_seconds_and_then_keep_their_interval() -> None:
    """A newcomer sees a living ward at once; the counts' beat does not drift."""
    said = watch_scene(new_watch(), ONE_GOES_RIGHT)

    for device in ("cam-1", "road-1", "crowd-1"):
        instants = [fact.observed_ms for fact in of(said, device)]
        assert instants == [NOON_MS + 3_000, NOON_MS + 8_000]


def test_everything_said_is_in_the_catalogue() -> None:
    """What the server would refuse must not be sent."""
    said = watch_scene(new_watch(), ONE_GOES_RIGHT)
    kinds = {"cam-1": "camera", "road-1": "traffic_flow", "crowd-1": "crowd_flow"}

    for fact in said:
        if isinstance(fact, Event):
            check_event(kinds[fact.device], fact)
        else:
            check_values(kinds[fact.device], fact.values)


def test_a_healthy_camera_says_its_numbers() -> None:
    """Ten frames a second, a picture that changes, and how bright and sharp it is."""
    health = of(watch_scene(new_watch(), ONE_GOES_RIGHT), "cam-1")[-1].values

    assert health["health"] == "ok"
    assert health["stream_ok"] is True
    assert health["fps"] == 10.0
    assert health["frame_age"] == 0.0
    assert 100 < float(health["brightness"]) < 160
    assert float(health["sharpness"]) > 10


def test_a_stream_that_ends_is_no_signal_and_its_counts_fall_silent() -> None:
    """When nothing is seen nothing looks green, and no road is reported empty."""
    watch = new_watch()
    watch_scene(watch, ONE_GOES_RIGHT)
    last_ms = NOON_MS + FRAMES * 100

    said = [fact for second in range(1, 40) for fact in watch.say(arrived=FRAMES, now_ms=last_ms + second * 1000)]

    changed = [fact for fact in said if isinstance(fact, Event)]
    assert [fact.values for fact in changed] == [{"from": "ok", "to": "no_signal"}]
    health = of(said, "cam-1")[-1].values
    assert health["stream_ok"] is False
    assert health["health"] == "no_signal"
    assert health["fps"] == 0
    assert float(health["frame_age"]) > 30
    assert "brightness" not in health
    assert len(of(said, "road-1")) == 1


def test_a_frozen_picture_is_told_from_a_quiet_street() -> None:
    """Frames that arrive and never change: the most dangerous failure, for it looks alive."""
    watch = new_watch()
    picture = draw(ONE_GOES_RIGHT, 1, rng=np.random.default_rng(1))
    said: list[Observation | Event] = []
    for number in range(1, 250):
        said += watch.look(frame(picture, number=number))
        said += watch.say(arrived=number, now_ms=NOON_MS + number * 100)

    assert [fact.values for fact in said if isinstance(fact, Event)] == [{"from": "ok", "to": "frozen"}]
    assert float(of(said, "cam-1")[-1].values["frame_age"]) > 20


def test_a_camera_that_gives_no_picture_at_first_is_given_time() -> None:
    """A stream may need some seconds to open; then it is no signal, and never was ok."""
    watch = new_watch()
    said = [fact for tenth in range(150) for fact in watch.say(arrived=0, now_ms=NOON_MS + tenth * 100)]

    first, *_, last = of(said, "cam-1")
    assert first.values == {"stream_ok": False, "fps": 0.0}
    assert last.values["health"] == "no_signal"
    assert not [fact for fact in said if isinstance(fact, Event)]


def test_nobody_crosses_by_a_recording_that_begins_again() -> None:
    """The last picture's figure and the first one's are not one that jumped over the line."""
    rng = np.random.default_rng(2)
    watch = new_watch()
    before = Scene((Walker(110, ((10, -10.0), (60, 150.0)), 30),), 0, 0)
    after = Scene((Walker(110, ((61, 172.0), (120, 330.0)), 30),), 0, 0)
    said: list[Event] = []
    for number in range(1, 121):
        scene, part = (before, 1) if number <= 60 else (after, 2)
        said += watch.look(frame(draw(scene, number, rng=rng), number=number, scene=part))

    assert said == []


def test_a_camera_whose_resolution_changes_goes_on() -> None:
    """Somebody changes the stream's size in the camera's menu: lines and zones are shares and stay right."""
    watch = new_watch()
    watch_scene(watch, ONE_GOES_RIGHT, frames=40)
    rng = np.random.default_rng(3)
    events: list[Event] = []
    for number in range(41, 161):
        small = draw(Scene((Walker(110, ((70, 20.0), (120, 300.0)), 30),), 1, 0), number, rng=rng)
        events += watch.look(frame(np.asarray(np.kron(small, np.ones((2, 2, 1))), dtype=np.uint8), number=number))

    assert [event.values["direction"] for event in events] == ["in"]


def test_nothing_but_numbers_short_words_and_ids_is_ever_said() -> None:
    """No frame, crop, face or plate leaves the process: there is no room for one in what is said."""
    said = watch_scene(new_watch(), ONE_GOES_RIGHT)

    assert said
    for fact in said:
        for value in fact.values.values():
            assert type(value) in {bool, int, float, str}
            assert not isinstance(value, str) or (len(value) <= 64 and value.isascii())
        if isinstance(fact, Event):
            assert fact.snapshot is None
            assert fact.zone is None
