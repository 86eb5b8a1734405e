"""What building the dashboards promises: committed files are what the code writes, and panels explain themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from dashboards.__main__ import main
from dashboards.build import BUILDERS, GENERATED, build, check, render
from smartward.catalogue import load

DASHBOARDS = {name: json.loads(text) for name, text in render().items()}


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give every panel that shows something, rows left out."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


PANELS = [
    pytest.param(panel, id=f"{name}-{panel['id']}") for name, board in DASHBOARDS.items() for panel in panels(board)
]
TARGETS = [pytest.param(target, id=f"{panel.id}") for panel in PANELS for target in panel.values[0]["targets"]]  # type: ignore[index]  # a ParameterSet's values are what we put in


def test_the_committed_files_are_what_the_code_builds() -> None:
    """Whoever edits a panel in Grafana or forgets to build is told before the change is merged."""
    assert check(GENERATED) == []


def test_building_twice_gives_the_same_bytes() -> None:
    """Otherwise every build would look like a change."""
    assert render() == render()


def test_a_hand_edited_a_missing_and_a_stray_file_are_found(tmp_path: Path) -> None:
    """Each with what to do about it."""
    build(tmp_path)
    assert check(tmp_path) == []
    edited = tmp_path / "street-water.json"
    edited.write_text(edited.read_text(encoding="utf-8").replace("10s", "1s"), encoding="utf-8")
    (tmp_path / "stray.json").write_text("{}", encoding="utf-8")

    findings = check(tmp_path)

    assert len(findings) == 2
    assert "stray.json: no code builds this" in findings[0]
    assert re.search(r"street-water\.json: it differs .* from line \d+\. Run: smartward dashboards build", findings[1])
    edited.unlink()
    assert any("the file is missing" in finding for finding in check(tmp_path))


def test_every_dashboard_has_an_id_of_its_own() -> None:
    """Grafana would overwrite one with the other."""
    uids = [board["uid"] for board in DASHBOARDS.values()]

    assert len(set(uids)) == len(BUILDERS)
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}", uid) for uid in uids)


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_panel_ids_are_unique(name: str) -> None:
    """Links and images name panels by id."""
    ids = [panel["id"] for panel in DASHBOARDS[name]["panels"]]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_panels_do_not_overlap_nor_leave_the_grid(name: str) -> None:
    """What lies under another panel is never seen."""
    places = [panel["gridPos"] for panel in DASHBOARDS[name]["panels"]]

    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or above, (one, other)


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_has_title_description_unit_and_limits(panel: dict[str, Any]) -> None:
    """A number without its unit and its source is a rumour."""
    defaults = panel["fieldConfig"]["defaults"]

    assert panel["title"]
    assert len(panel["description"]) > 40
    assert defaults["unit"]
    assert defaults["thresholds"]["steps"][0]["value"] is None


@pytest.mark.parametrize("panel", PANELS)
def test_silence_is_said_in_words_and_never_in_green(panel: dict[str, Any]) -> None:
    """No data is drawn as unknown."""
    defaults = panel["fieldConfig"]["defaults"]

    assert defaults["noValue"] == "Không có dữ liệu"
    assert any(mapping["options"].get("match") == "null+nan" for mapping in defaults["mappings"])
    assert "green" not in json.dumps(panel)


@pytest.mark.parametrize("target", TARGETS)
def test_no_query_names_a_ward_or_a_data_source(target: dict[str, Any]) -> None:
    """A hundred wards import the same file."""
    assert re.findall(r'"ward" [=~!]+ (\S+)', target["query"]) == ["/^${ward:regex}$/"]
    assert target["datasource"] == {"type": "influxdb", "uid": "${datasource}"}


@pytest.mark.parametrize("target", TARGETS)
def test_queries_name_types_and_quantities_of_the_catalogue(target: dict[str, Any]) -> None:
    """A renamed quantity must not leave an empty panel behind."""
    catalogue = load()
    measurement = re.findall(r'FROM "(\w+)"', target["query"])
    fields = re.findall(r'\w+\("(\w+)"\)', target["query"])

    assert len(measurement) == 1
    assert measurement[0] in catalogue.types
    inner = [field for field in fields if field not in ("last", "sum")]
    assert inner
    assert all(catalogue.quantity(measurement[0], field) is not None for field in inner)


def test_the_wall_asks_for_data_source_and_ward() -> None:
    """Both are chosen by the viewer."""
    for board in DASHBOARDS.values():
        assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "ward"]
        assert board["timezone"] == "Asia/Ho_Chi_Minh"


def test_limits_are_the_catalogues() -> None:
    """A dashboard that disagrees with the alerts is believed by nobody."""
    deepest = next(panel for panel in panels(DASHBOARDS["street-water.json"]) if panel["id"] == 2)

    steps = deepest["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert [step["value"] for step in steps] == [None, 0.15, 0.3, 0.5]
    assert [step["color"] for step in steps[1:]] == ["#f2d24b", "#ff9f45", "#ff6b6b"]


def test_the_commands_answer_with_their_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 is fine, 1 is a finding, 2 is bad usage."""
    assert main(["build", str(tmp_path)]) == 0
    assert str(tmp_path / "street-water.json") in capsys.readouterr().out
    assert main(["check", str(tmp_path)]) == 0
    (tmp_path / "street-water.json").unlink()
    assert main(["check", str(tmp_path)]) == 1
    assert "the file is missing" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
    with pytest.raises(SystemExit) as usage:
        main(["publish"])
    assert usage.value.code == 2
