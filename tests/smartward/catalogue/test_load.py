"""What loading the catalogue promises."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from smartward import catalogue
from smartward.alert import Severity
from smartward.catalogue.load import assemble, load_profile
from smartward.catalogue.model import label, response
from smartward.errors import CatalogueError, ConfigError
from smartward.rule import DatedValue, SiteValue
from tests.smartward.catalogue.documents import broken, documents


def test_every_document_becomes_a_type() -> None:
    """No file of the folder is forgotten, and each kind the ward needs is there."""
    kinds = catalogue.load().types

    assert {f"{name}.yaml" for name in kinds} | {"common.yaml"} == set(documents())
    assert len(kinds) == 21
    assert sum(len(kind.rules) for kind in kinds.values()) == 76


def test_values_arrive_as_they_were_written() -> None:
    """A site's parameter, a dated list, a number and the words on and off keep their meaning."""
    ward = catalogue.load()

    assert ward.types["flood_road"].rules[0].value == SiteValue("alertLevel")
    limits = ward.rule("air_quality.pm25_24h")
    assert limits is not None
    assert isinstance(limits.value, tuple)
    assert [type(limit) for limit in limits.value] == [DatedValue, DatedValue]
    assert [(limit.since.isoformat(), limit.value) for limit in limits.value] == [
        ("2023-09-12", 50),
        ("2026-01-01", 45),
    ]
    state = ward.quantity("streetlight_cabinet", "power_state")
    assert state is not None
    assert state.enum == ("on", "off", "low", "bootingUp")
    burning = ward.rule("streetlight_cabinet.day_burn")
    assert burning is not None
    assert burning.value == "on"


def test_every_type_has_the_common_quantities() -> None:
    """Whatever a device is, it may tell its battery, signal and running time."""
    for kind in catalogue.load().types.values():
        assert {"battery_level", "rssi", "uptime"} <= {quantity.name for quantity in kind.quantities}


@pytest.mark.parametrize(
    ("kind", "interval_s"),
    [("flood_road", 60), ("river_level", 600), ("waste_container", 900), ("dossier_kpi", 900), ("vaccine_fridge", 60)],
)
def test_the_reporting_interval_is_that_of_what_a_device_must_say(kind: str, interval_s: int) -> None:
    """Optional and computed quantities do not make a device look silent."""
    assert catalogue.load().reporting_interval_s(kind) == interval_s


def test_rules_are_found_by_their_full_id() -> None:
    """Alerts, profiles and people name rules as type.rule, common.rule and platform.rule."""
    ward = catalogue.load()

    for rule_id, rule in ward.rules_by_id().items():
        assert ward.rule(rule_id) is rule
    assert ward.rule("common.offline") in ward.common_rules
    assert ward.rule("platform.journal_full") in ward.platform_rules
    assert ward.rule("flood_road.nothing") is None
    assert ward.rule("nothing.offline") is None
    assert ward.rule("offline") is None


def test_unknown_names_are_answered_with_none() -> None:
    """A name from a device may be anything; only the caller knows what to refuse."""
    ward = catalogue.load()

    assert ward.quantity("flood_road", "colour") is None
    assert ward.quantity("spaceship", "depth") is None
    assert ward.types["camera"].event("line_crossed") is not None
    assert ward.types["camera"].event("levitation") is None


def test_labels_and_steps_come_in_both_languages() -> None:
    """The console asks once for the reader's language."""
    ward = catalogue.load()
    watch = ward.rule("flood_road.flood_watch")
    assert watch is not None

    assert label(watch) == "Ngập 15 cm: xe máy đi chậm"
    assert label(watch, "en") == "Flooded 15 cm: motorbikes go slowly"
    assert response(watch)[0].startswith("Trực trung tâm điều hành")
    assert len(response(watch, "en")) == len(response(watch))
    assert label(ward.severities[Severity.CRITICAL], "en") == "Critical"


def test_ratios_are_known_for_what_they_are() -> None:
    """A fraction is shown in percent; a level of 1 to 500 is not."""
    kinds = catalogue.load().types

    assert [q.name for q in kinds["waste_container"].quantities if q.is_ratio] == ["filling_level", "battery_level"]
    assert not any(q.is_ratio for q in kinds["air_quality"].quantities if q.name.startswith("vn_aqi"))


def test_loading_twice_reads_once() -> None:
    """Every process asks for it in many places."""
    assert catalogue.load("demo") is catalogue.load("demo")


def test_loading_imports_no_unit_library() -> None:
    """Only the check of the catalogue pays for pint and lark."""
    program = "import sys, smartward.catalogue as c; c.load(); print([m for m in ('pint', 'lark') if m in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout.strip() == "[]"


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    """The person who mistyped sees what to type."""
    with pytest.raises(ConfigError, match=r"no profile 'strom'.*Use one of: demo, normal"):
        catalogue.load("strom")


def test_the_normal_profile_changes_nothing() -> None:
    """The catalogue under no profile and under normal are the same but for the profile's name."""
    plain = assemble(documents())
    normal = catalogue.load("normal")

    assert normal.types == plain.types
    assert normal.common_rules == plain.common_rules
    assert normal.heartbeat_s == plain.heartbeat_s
    assert normal.profile == load_profile("normal")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "noise.yaml",
            "tier: core",
            "tier: core\ncolour: red",
            r"noise\.yaml:1: document: .*unknown field `colour`.*Remove",
        ),
        ("parking.yaml", "op: ge", "opp: ge", r"parking\.yaml:\d+: rules\[0\]: .*unknown field `opp`.*Remove"),
        ("river_level.yaml", "every_s: 600", "every_s: often", r"quantities\[0\]\.every_s: .*'often'"),
        ("streetlight_cabinet.yaml", '["on", "off", low', "[on, off, low", r"enum\[0\]: .*value True.*quotes"),
        (
            "weather.yaml",
            "tier: core\n",
            "",
            r"weather\.yaml:1: document: .*missing required field `tier`.*Add the field",
        ),
        ("weather.yaml", "severity: medium", "severity: grave", r"rules\[0\]\.severity: .*'grave'"),
        ("camera.yaml", "type: camera", "type: kamera", r"camera\.yaml:1: type: .*Name it kamera\.yaml"),
        ("camera.yaml", "tier: core", "tier: core\ntier: optional", r"camera\.yaml:\d+: tier is written twice"),
        ("camera.yaml", "count: [20, 200]", "count: [20, 200", r"camera\.yaml:\d+: .*Correct the YAML"),
        ("common.yaml", "timezone:", "time_zone:", r"common\.yaml:\d+: document: .*"),
    ],
)
def test_a_wrong_file_is_refused_with_place_value_and_remedy(file: str, old: str, new: str, message: str) -> None:
    """A catalogue is written by people: the error names file, line, path, value and what to write instead."""
    with pytest.raises(CatalogueError, match=message):
        assemble(broken(file, old, new))


def test_the_line_of_an_error_is_where_the_value_stands() -> None:
    """An editor can jump to it."""
    documents_ = broken("river_level.yaml", "for_s: 1200", "for_s: soon")
    line = documents_["river_level.yaml"].split("for_s: soon")[0].count("\n") + 1

    with pytest.raises(CatalogueError, match=rf"river_level\.yaml:{line}: rules\[0\]\.for_s: "):
        assemble(documents_)


def test_a_missing_common_file_is_named() -> None:
    """Without roles and sources nothing else can be checked."""
    with pytest.raises(CatalogueError, match=r"common\.yaml: the file is missing"):
        assemble({name: text for name, text in documents().items() if name != "common.yaml"})


def test_no_yaml_boolean_hides_among_the_words() -> None:
    """YAML 1.1 reads on, off and no as booleans; a plain loader must see only words in our enumerations."""
    for name, text in documents().items():
        for quantity in yaml.safe_load(text)["quantities"]:
            assert all(isinstance(word, str) for word in quantity.get("enum", [])), (name, quantity["name"])
