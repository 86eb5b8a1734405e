"""What the check of the catalogue finds: each promise, by breaking a copy of the real files."""

from __future__ import annotations

import pytest

from smartward import catalogue
from smartward.catalogue.check import check
from smartward.catalogue.load import assemble
from tests.smartward.catalogue.documents import broken, documents

BREAKAGES = {
    "unit is no UCUM": ("weather.yaml", "unit: Cel", "unit: degC", "quantities.temperature.unit", "not a valid UCUM"),
    "unit is empty": ("weather.yaml", "unit: hPa", 'unit: ""', "quantities.pressure.unit", "the unit is empty"),
    "min not below max": (
        "weather.yaml",
        "min: 900, max: 1060",
        "min: 1060, max: 900",
        "pressure.min",
        "not below max",
    ),
    "number without range": ("weather.yaml", "min: 900, max: 1060,", "", "pressure.min", "without a plausible range"),
    "range of a string": ("camera.yaml", "enum: [ok, ", "min: 0, enum: [ok, ", "health.min", "has no range"),
    "enum of a number": ("weather.yaml", "min: 900,", "enum: [low], min: 900,", "pressure.enum", "has no enum"),
    "transient out of range": (
        "common.yaml",
        "transient: -1",
        "transient: -2",
        "battery_level.transient",
        "outside min",
    ),
    "flatline of a word": (
        "camera.yaml",
        "every_s: 60,\n     vi",
        "every_s: 60, flatline: true,\n     vi",
        "health",
        "still",
    ),
    "no interval": ("weather.yaml", "every_s: 300", "every_s: 0", "pressure.every_s", "no interval"),
    "quantity named twice": ("weather.yaml", "name: wind_gust", "name: rain", "quantities.rain", "used twice"),
    "common name taken": ("weather.yaml", "name: wind_gust", "name: rssi", "quantities.rssi", "used twice"),
    "YAML boolean as name": ("weather.yaml", "name: wind_gust", 'name: "on"', "quantities.on", "no plain word"),
    "input unknown": ("parking.yaml", "inputs: [available_spots", "inputs: [free_spots", "occupancy.inputs", "no such"),
    "site input unknown": ("flood_road.yaml", "site.dangerLevel]", "site.danger]", "status.inputs", "no such quantity"),
    "input is itself": ("parking.yaml", "inputs: [available_spots", "inputs: [occupancy", "occupancy.inputs", "itself"),
    "derived from nothing": ("river_level.yaml", "inputs: [water_level],", "", "rise_rate.inputs", "nobody knows"),
    "language missing": ("noise.yaml", "vi: Quan trắc tiếng ồn", 'vi: ""', "type.vi", "missing in one language"),
    "event without English": ("camera.yaml", 'en: "Congestion"', 'en: ""', "events.congestion.en", "missing"),
    "rule without English": ("parking.yaml", "en: Car park nearly full", 'en: " "', "parking_full.en", "missing"),
    "role without English": ("common.yaml", 'en: "School contact"', 'en: ""', "roles.school_contact.en", "missing"),
    "source unknown": ("parking.yaml", "src: G", "src: RUMOUR", "rules.parking_full.src", "no such source"),
    "category unknown": ("parking.yaml", "category: traffic", "category: fun", "parking_full.category", "no such cat"),
    "role unknown": ("parking.yaml", "to: [urban_order]", "to: [mayor]", "rules.parking_full.to", "no such role"),
    "nobody told": ("parking.yaml", "to: [urban_order]", "to: []", "rules.parking_full.to", "nobody is told"),
    "rule id twice": ("weather.yaml", "id: extreme_heat", "id: heat", "rules.heat.id", "used twice"),
    "count reversed": ("weather.yaml", "count: [1, 6]", "count: [6, 1]", "count", "few to many"),
    "supersedes nothing": (
        "parking.yaml",
        "src: G",
        "supersedes: x\n    src: G",
        "parking_full.supersedes",
        "no such rule",
    ),
    "supersedes its better": (
        "weather.yaml",
        "supersedes: heat",
        "supersedes: rain_24h_very_heavy",
        "supersedes",
        "no less",
    ),
    "inhibits nothing": (
        "web_service.yaml",
        "[service_slow]",
        "[service_slo]",
        "service_down.inhibits",
        "no such rule",
    ),
    "inhibits itself": ("web_service.yaml", "[service_slow]", "[service_down]", "service_down.inhibits", "itself"),
    "quantity unknown": (
        "parking.yaml",
        "quantity: occupancy",
        "quantity: fullness",
        "full.quantity",
        "no such quantity",
    ),
    "event unknown": ("camera.yaml", "on_event: fire_smoke", "on_event: smoke", "rules.fire.on_event", "no such event"),
    "event and quantity": (
        "camera.yaml",
        "on_event: fire_smoke",
        "on_event: crowd\n    quantity: fps",
        "rules.fire",
        "and a",
    ),
    "confidence over one": (
        "camera.yaml",
        "confidence: 0.6",
        "confidence: 60",
        "rules.fire.confidence",
        "no confidence",
    ),
    "and unknown": (
        "traffic_flow.yaml",
        "{quantity: average_speed",
        "{quantity: speed",
        "and.quantity",
        "no such quantity",
    ),
    "and of other type": ("public_address.yaml", "value: emergency}", "value: loud}", "and.value", "never that word"),
    "comparison unknown": ("parking.yaml", "op: ge", "op: above", "parking_full.op", "no such comparison"),
    "order of a boolean": ("fire_alarm.yaml", "op: eq", "op: gt", "rules.fire.op", "boolean, not a number"),
    "boolean is one": ("fire_alarm.yaml", "value: true", "value: 1", "rules.fire.value", "true or false"),
    "word never said": ("camera.yaml", "value: blurred", "value: foggy", "rules.blurred.value", "never that word"),
    "threshold of nothing": ("parking.yaml", "    value: 0.95\n", "", "parking_full.value", "no number"),
    "threshold unreachable": ("parking.yaml", "value: 0.95", "value: 95", "parking_full.value", "never gets there"),
    "clear above gt": ("camera.yaml", "clear: 0.4", "clear: 0.7", "rules.moved.clear", "not below the threshold"),
    "clear at ge": ("parking.yaml", "clear: 0.85", "clear: 0.95", "parking_full.clear", "not below the threshold"),
    "clear below lt": ("power_meter.yaml", "clear: 205", "clear: 190", "undervoltage.clear", "not above the threshold"),
    "clear of eq": ("fire_alarm.yaml", "value: true", "value: true\n    clear: false", "rules.fire.clear", "by itself"),
    "clear twice": ("parking.yaml", "clear: 0.85", "clear: 0.85\n    clear_below: 0.1", "full.clear", "contradict"),
    "clear_below of lt": (
        "power_meter.yaml",
        "clear: 205",
        "clear_below: 5",
        "undervoltage.clear_below",
        "clears above",
    ),
    "clear_below nothing": (
        "river_level.yaml",
        "clear_below: 0.1",
        "clear_below: 0",
        "bd1.clear_below",
        "where it raises",
    ),
    "clear above site": ("flood_road.yaml", "clear_below: 0.10", "clear: 0.4", "flood_block.clear", "not below"),
    "site unknown": ("river_level.yaml", "{site: bd2}", "{site: bd4}", "rules.bd2.value.site", "no such number"),
    "dates out of order": (
        "air_quality.yaml",
        "from: 2026-01-01",
        "from: 2020-01-01",
        "pm25_24h.value",
        "not come after",
    ),
    "when unknown": (
        "noise.yaml",
        "{noise_zone: ordinary}\n",
        "{zone: ordinary}\n",
        "when.zone",
        "no such site parameter",
    ),
    "when never": (
        "noise.yaml",
        "when: {noise_zone: special}",
        "when: {noise_zone: quiet}",
        "when.noise_zone",
        "none of",
    ),
    "default not allowed": (
        "noise.yaml",
        "{noise_zone: ordinary, ",
        "{noise_zone: loud, ",
        "site_param.noise_zone",
        "default",
    ),
    "window malformed": ("noise.yaml", '"06:00-21:00"', '"6-21h"', "noise_day_ordinary.active", "no window"),
    "window impossible": ("noise.yaml", '"06:00-21:00"', '"06:00-24:30"', "noise_day_ordinary.active", "no window"),
    "digest malformed": (
        "dossier_kpi.yaml",
        'digest: "08:00"',
        'digest: "8h"',
        "overdue_any.digest",
        "no time of the day",
    ),
    "rate without window": ("flood_road.yaml", "    window_s: 900\n", "", "flood_fast.window_s", "a rate needs"),
    "negative hold": ("parking.yaml", "for_s: 900", "for_s: -900", "parking_full.for_s", "before it began"),
    "aggregate unknown": ("weather.yaml", "fn: sum", "fn: total", "rain_1h.agg.fn", "no such aggregate"),
    "coverage over one": ("weather.yaml", "min_cov: 0.8", "min_cov: 80", "rain_1h.agg.min_cov", "no share"),
    "window empty": ("weather.yaml", "window_s: 3600", "window_s: 0", "rain_1h.agg.window_s", "an empty window"),
}


def test_the_shipped_catalogue_has_no_findings() -> None:
    """What we ship holds together."""
    assert check(catalogue.load()) == []


@pytest.mark.parametrize("name", sorted(BREAKAGES))
def test_each_break_is_found_where_it_is(name: str) -> None:
    """A finding names the file, the path, the value and the remedy, so that a person can mend it."""
    file, old, new, path, problem = BREAKAGES[name]

    findings = check(assemble(broken(file, old, new)))

    found = [finding for finding in findings if path in finding.path and problem in finding.problem]
    assert found, [str(finding) for finding in findings]
    assert found[0].file == file
    assert found[0].remedy
    assert str(found[0]).startswith(f"{file}: {found[0].path}: ")


def test_one_break_in_common_is_found_once() -> None:
    """Not once for each of 21 types."""
    findings = check(assemble(broken("common.yaml", 'unit: "{dBm}"', 'unit: "dBm"')))

    assert [finding.path for finding in findings] == ["quantities.rssi.unit"]


def test_a_string_must_list_its_words() -> None:
    """Otherwise every misspelling of a device would be stored as a state of its own."""
    without = documents()
    enum = "enum: [normal, alert, danger],"
    assert enum in without["flood_road.yaml"]
    without["flood_road.yaml"] = without["flood_road.yaml"].replace(enum, "")

    assert "quantities.status.enum" in [finding.path for finding in check(assemble(without))]


def test_a_severity_without_terms_is_found() -> None:
    """An alert without deadlines and channels would reach nobody."""
    lines = documents()["common.yaml"].splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("  high: {"))

    findings = check(assemble(documents() | {"common.yaml": without}))

    assert [(finding.path, finding.value) for finding in findings] == [("severities", "high")]


def test_a_silent_device_is_found() -> None:
    """A type whose every quantity is optional could never be called offline."""
    silent = documents()["noise.yaml"].replace("every_s: 60", "every_s: 60, optional: true")

    findings = check(assemble(documents() | {"noise.yaml": silent}))

    assert [finding.path for finding in findings] == ["quantities"]


@pytest.mark.parametrize("lang", ["do_vi", "do_en"])
def test_two_rules_with_the_same_response_are_found(lang: str) -> None:
    """A text that fits two rules tells the operator nothing about either."""
    copied = "\n".join(f"      - step {number}" for number in (1, 2))
    document = documents()["vaccine_fridge.yaml"]
    first, second = f"    {lang}:\n", "    do_en:\n" if lang == "do_vi" else "  - id: "
    parts = document.split(first)
    rest = [part.partition(second) for part in parts[1:]]
    same = parts[0] + "".join(first + copied + "\n" + (mark + tail if mark else "") for _, mark, tail in rest)

    findings = check(assemble(documents() | {"vaccine_fridge.yaml": same}))

    assert [finding.path for finding in findings] == [f"rules.too_cold.{lang}"]
    assert "vaccine_fridge.too_warm has the same response text" in findings[0].problem


def test_a_rule_without_steps_is_found() -> None:
    """Every alert tells what to do."""
    lines = documents()["indoor_air.yaml"].split("    do_vi:")[0]

    findings = check(assemble(documents() | {"indoor_air.yaml": lines}))

    assert [finding.path for finding in findings] == ["rules.stuffy.do_vi", "rules.stuffy.do_en"]
