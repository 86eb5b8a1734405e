"""What an operating profile may and may not do to the catalogue."""

from __future__ import annotations

import msgspec
import pytest

from smartward import catalogue
from smartward.catalogue.check import check
from smartward.catalogue.model import Catalogue, Profile
from smartward.catalogue.profile import CHANGEABLE, lay_over
from smartward.errors import CatalogueError

NORMAL = catalogue.load()
DEMO = catalogue.load("demo")


def profile(**changes: object) -> Profile:
    """Make a profile for one test."""
    return msgspec.convert({"name": "drill", "vi": "Thử", "en": "Drill", **changes}, Profile)


def test_the_demo_speaks_every_five_seconds() -> None:
    """A newcomer sees every device live within five seconds of the start."""
    assert DEMO.heartbeat_s == 5
    assert {DEMO.reporting_interval_s(kind) for kind in DEMO.types} == {5}
    assert (DEMO.profile.vi, DEMO.profile.en) == ("Trình diễn", "Demonstration")


def test_the_demo_alerts_while_one_watches() -> None:
    """Flood, silence and outage show within seconds, not quarters of an hour."""
    rules = DEMO.rules_by_id()

    for flood in ("flood_watch", "flood_block"):
        assert 3 <= rules[f"flood_road.{flood}"].for_s <= 5
        assert rules[f"flood_road.{flood}"].clear_for_s == 10
    assert rules["common.offline"].min_s == 15
    assert rules["common.gateway_outage"].will_s == 5


def without_times(ward: Catalogue) -> Catalogue:
    """Give a catalogue with every interval and hold set to nothing."""
    still = dict.fromkeys(CHANGEABLE, 0)
    kinds = {
        name: msgspec.structs.replace(
            kind,
            quantities=tuple(msgspec.structs.replace(quantity, every_s=0) for quantity in kind.quantities),
            rules=tuple(msgspec.structs.replace(rule, **still) for rule in kind.rules),
        )
        for name, kind in ward.types.items()
    }
    return msgspec.structs.replace(
        ward,
        profile=profile(),
        types=kinds,
        common_quantities=(),
        common_rules=tuple(msgspec.structs.replace(rule, **still) for rule in ward.common_rules),
        heartbeat_s=0,
    )


def test_the_demo_changes_nothing_but_times() -> None:
    """Thresholds, severities and recipients on the screen are the catalogue's own."""
    assert without_times(DEMO) == without_times(NORMAL)


def test_the_demo_only_shortens() -> None:
    """No rule becomes slower than the catalogue promises."""
    before = NORMAL.rules_by_id()
    for rule_id, rule in DEMO.rules_by_id().items():
        for field in CHANGEABLE:
            assert getattr(rule, field) <= getattr(before[rule_id], field), (rule_id, field)


def test_the_demo_holds_together() -> None:
    """A profile cannot break what the check promises."""
    assert check(DEMO) == []


def test_one_type_can_be_capped_alone() -> None:
    """A storm profile may watch the water more often and leave the rest alone."""
    storm = lay_over(NORMAL, profile(every_s={"river_level": 60}))

    assert storm.reporting_interval_s("river_level") == 60
    assert storm.types["weather"] == NORMAL.types["weather"]


def test_the_window_of_an_aggregate_is_shortened_where_it_stands() -> None:
    """The rule's window is its aggregate's."""
    short = lay_over(NORMAL, profile(rules={"weather.rain_1h": {"window_s": 60}})).rule("weather.rain_1h")

    assert short is not None
    assert short.agg is not None
    assert (short.agg.window_s, short.window_s) == (60, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules": {"flood_road.flood_wach": {"for_s": 3}}}, r"rules\.flood_road\.flood_wach: no such rule"),
        ({"rules": {"flood_road.flood_watch": {"value": 1}}}, r"flood_watch\.value: a profile may not change it"),
        ({"rules": {"flood_road.flood_watch": {"for_s": 9999}}}, r"for_s: 9999 is not within 0 and .* 180"),
        ({"rules": {"flood_road.flood_watch": {"for_s": -1}}}, r"for_s: -1 is not within"),
        ({"rules": {"weather.rain_1h": {"window_s": 7200}}}, r"window_s: 7200 is not within 0 and .* 3600"),
        ({"every_s": {"spaceship": 5}}, r"every_s\.spaceship: no such device type"),
        ({"every_s": {"camera": 0}}, r"every_s\.camera: 0 is not an interval"),
        ({"every_s_max": -5}, r"every_s_max: -5 is not an interval"),
        ({"heartbeat_s": 600}, r"heartbeat_s: 600 is longer than the catalogue's 60"),
    ],
)
def test_a_wrong_profile_is_refused_by_name(changes: dict[str, object], message: str) -> None:
    """A profile that names what does not exist would silently do nothing."""
    with pytest.raises(CatalogueError, match=rf"profiles/drill\.yaml: .*{message}"):
        lay_over(NORMAL, profile(**changes))
