"""What every registry promises: wards, sites and devices, whoever keeps them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartward.device import Device, Site, Ward
from smartward.errors import Conflict, NotFound
from smartward.observation import Value
from tests.contracts.relational import Relational

PHUC_YEN = Ward("phuc-yen", "Phường Phúc Yên")
GATEWAY = Device("phuc-yen-gw1", "phuc-yen", "phuc-yen-gw1", "edge_gateway", name="Cổng ở ngã tư Xuân Hoà")
CAMERA = Device("phuc-yen-cam1", "phuc-yen", "phuc-yen-gw1", "camera")


def test_what_was_put_is_what_comes_back(relational: Relational) -> None:
    """Every field survives, with its diacritics, its floats to the last bit and the ids at their longest."""
    registry = relational.registry
    longest = "a" + "-" * 62 + "z"
    site = Site(
        "cho-dong", "phuc-yen", "Chợ Đồng 'Cũ'; --", neighbourhood="Tổ 7 \N{BUG}", lat=21.2345678901234, lon=-0.0
    )
    device = Device(
        longest,
        "phuc-yen",
        GATEWAY.id,
        "flood_road",
        name="Nước đường Trưng Trắc",
        site="cho-dong",
        lat=21.1,
        lon=105.70000000000002,
        params={"alertLevel": 0.3, "quận": "Hai Bà Trưng"},
        owner="UBND phường",
        funding="NQ 57",
    )
    registry.put_ward(PHUC_YEN)
    registry.put_site(site)
    registry.put_device(GATEWAY)
    stored = registry.put_device(device, expected_version=0)

    assert registry.wards() == [PHUC_YEN]
    assert registry.sites("phuc-yen") == [site]
    assert stored == msgspec.structs.replace(device, version=1)
    assert registry.devices() == [stored, msgspec.structs.replace(GATEWAY, version=1)]


def test_an_empty_registry_answers_with_empty_lists(relational: Relational) -> None:
    """A ward that begins tomorrow is no error today."""
    assert relational.registry.wards() == []
    assert relational.registry.sites("nowhere") == []
    assert relational.registry.devices() == []
    assert relational.registry.devices(ward="nowhere") == []
    assert relational.registry.revision() == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    params=st.dictionaries(
        st.text(max_size=8),
        st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
        max_size=5,
    )
)
def test_parameters_keep_their_types(relational: Relational, params: dict[str, Value]) -> None:
    """1, 1.0, true and "1" are four values: a rule compares them as the person wrote them."""
    relational.registry.put_ward(PHUC_YEN)
    relational.registry.put_device(msgspec.structs.replace(GATEWAY, params=params))

    (kept,) = relational.registry.devices()

    assert {name: repr(value) for name, value in kept.params.items()} == {
        name: repr(value) for name, value in params.items()
    }


def test_a_later_change_of_the_callers_dictionary_changes_nothing(relational: Relational) -> None:
    """What is registered changes by put_device and by nothing else."""
    params: dict[str, Value] = {"alertLevel": 0.3}
    relational.registry.put_ward(PHUC_YEN)
    relational.registry.put_device(msgspec.structs.replace(GATEWAY, params=params))

    params["alertLevel"] = 9.9

    assert relational.registry.devices()[0].params == {"alertLevel": 0.3}


def test_lists_are_in_the_order_of_ids_whatever_the_database_speaks(relational: Relational) -> None:
    """A page must not change its order because a server was installed with another locale."""
    ids = ["a-b", "a-c", "a0", "ab", "a", "z9", "z-9", "b"]
    relational.registry.put_ward(PHUC_YEN)
    for id_ in ids:
        relational.registry.put_device(Device(id_, "phuc-yen", id_, "camera"))
        relational.registry.put_site(Site(id_, "phuc-yen", id_))
        relational.registry.put_ward(Ward(id_, id_))

    assert [device.id for device in relational.registry.devices()] == sorted(ids)
    assert [site.id for site in relational.registry.sites("phuc-yen")] == sorted(ids)
    assert [ward.id for ward in relational.registry.wards()] == sorted([*ids, "phuc-yen"])


def test_wards_do_not_see_each_others_things(relational: Relational) -> None:
    """A hundred wards on one database: the same place name in two of them is two places."""
    registry = relational.registry
    registry.put_ward(PHUC_YEN)
    registry.put_ward(Ward("xuan-hoa", "Phường Xuân Hoà"))
    registry.put_site(Site("cho", "phuc-yen", "Chợ Phúc Yên"))
    registry.put_site(Site("cho", "xuan-hoa", "Chợ Xuân Hoà"))
    registry.put_device(GATEWAY)
    registry.put_device(Device("xuan-hoa-gw1", "xuan-hoa", "xuan-hoa-gw1", "edge_gateway"))

    assert [site.name for site in registry.sites("phuc-yen")] == ["Chợ Phúc Yên"]
    assert [site.name for site in registry.sites("xuan-hoa")] == ["Chợ Xuân Hoà"]
    assert [device.id for device in registry.devices(ward="xuan-hoa")] == ["xuan-hoa-gw1"]


def test_a_name_can_be_put_right(relational: Relational) -> None:
    """Putting a ward or site again replaces it, also while things refer to it."""
    registry = relational.registry
    registry.put_ward(Ward("phuc-yen", "Phuc Yen"))
    registry.put_site(Site("cho", "phuc-yen", "cho", lat=21.0, lon=105.0))
    registry.put_device(GATEWAY)

    registry.put_ward(PHUC_YEN)
    registry.put_site(Site("cho", "phuc-yen", "Chợ"))

    assert registry.wards() == [PHUC_YEN]
    assert registry.sites("phuc-yen") == [Site("cho", "phuc-yen", "Chợ")]


def test_versions_count_edits(relational: Relational) -> None:
    """The version in the caller's struct is not believed: only the registry counts."""
    relational.registry.put_ward(PHUC_YEN)

    versions = [
        relational.registry.put_device(msgspec.structs.replace(GATEWAY, version=claimed)).version
        for claimed in (0, 77, 1)
    ]

    assert versions == [1, 2, 3]


def test_an_edit_on_old_knowledge_is_refused(relational: Relational) -> None:
    """Two people edit one device: the second is told, not silently overwritten."""
    registry = relational.registry
    registry.put_ward(PHUC_YEN)
    registry.put_device(GATEWAY)
    registry.put_device(GATEWAY, expected_version=1)
    before = registry.revision()

    for stale in (0, 1, 3):
        with pytest.raises(Conflict, match=rf"phuc-yen-gw1 is at version 2, not {stale}"):
            registry.put_device(msgspec.structs.replace(GATEWAY, name="too late"), expected_version=stale)

    assert registry.devices()[0].name == GATEWAY.name
    assert registry.revision() == before


def test_an_edit_of_what_is_not_there_is_refused(relational: Relational) -> None:
    """A device removed meanwhile does not come back by an edit."""
    relational.registry.put_ward(PHUC_YEN)

    with pytest.raises(Conflict, match="is at version 0, not 1"):
        relational.registry.put_device(GATEWAY, expected_version=1)


def test_of_two_edits_at_once_exactly_one_wins(relational: Relational) -> None:
    """The promise of versions holds when both arrive in the same instant."""
    registry = relational.registry
    registry.put_ward(PHUC_YEN)
    registry.put_device(GATEWAY)
    start = Barrier(4)

    def edit(name: str) -> str:
        start.wait(timeout=10)
        try:
            return registry.put_device(msgspec.structs.replace(GATEWAY, name=name), expected_version=1).name
        except Conflict:
            return ""

    with ThreadPoolExecutor(4) as pool:
        winners = [name for name in pool.map(edit, ["an", "bình", "chi", "dũng"]) if name]

    (kept,) = registry.devices()
    assert winners == [kept.name]
    assert kept.version == 2


def test_edits_without_a_version_are_all_counted(relational: Relational) -> None:
    """Nothing is lost between threads: as many edits, so many versions and revisions."""
    registry = relational.registry
    registry.put_ward(PHUC_YEN)
    before = registry.revision()

    with ThreadPoolExecutor(4) as pool:
        versions = sorted(device.version for device in pool.map(registry.put_device, [GATEWAY] * 20))

    assert versions == list(range(1, 21))
    assert registry.revision() == before + 20


@pytest.mark.parametrize(
    ("put", "named"),
    [
        (lambda registry: registry.put_site(Site("cho", "nowhere", "Chợ")), "ward nowhere"),
        (lambda registry: registry.put_device(msgspec.structs.replace(GATEWAY, ward="nowhere")), "ward nowhere"),
        (lambda registry: registry.put_device(CAMERA), "gateway phuc-yen-gw1"),
        (lambda registry: registry.remove_device("ghost"), "device ghost"),
    ],
)
def test_what_refers_to_nothing_is_refused(relational: Relational, put: Callable[[object], object], named: str) -> None:
    """The message names what is missing, and nothing has changed."""
    relational.registry.put_ward(PHUC_YEN)

    with pytest.raises(NotFound, match=f"{named} is not registered"):
        put(relational.registry)

    assert relational.registry.devices() == []
    assert relational.registry.revision() == 1


def test_a_removed_device_is_gone_and_may_begin_anew(relational: Relational) -> None:
    """A replaced camera gets its old id, and its edits are counted from the start."""
    registry = relational.registry
    registry.put_ward(PHUC_YEN)
    registry.put_device(GATEWAY)
    registry.put_device(CAMERA)
    registry.put_device(CAMERA)

    registry.remove_device(CAMERA.id)

    assert [device.id for device in registry.devices()] == [GATEWAY.id]
    assert registry.put_device(CAMERA, expected_version=0).version == 1


def test_a_gateway_that_speaks_for_others_stays(relational: Relational) -> None:
    """Removing it would leave devices that nobody can hear; alone it may go."""
    registry = relational.registry
    registry.put_ward(PHUC_YEN)
    registry.put_device(GATEWAY)
    registry.put_device(CAMERA)

    with pytest.raises(Conflict, match="phuc-yen-gw1 still speaks for 1 devices"):
        registry.remove_device(GATEWAY.id)
    registry.remove_device(CAMERA.id)
    registry.remove_device(GATEWAY.id)

    assert registry.devices() == []


def test_every_change_moves_the_revision_and_no_reading_does(relational: Relational) -> None:
    """Ingest polls this number every second: it must move exactly when there is something to fetch."""
    registry = relational.registry
    seen = [registry.revision()]
    changes: list[Callable[[], object]] = [
        lambda: registry.put_ward(PHUC_YEN),
        lambda: registry.put_site(Site("cho", "phuc-yen", "Chợ")),
        lambda: registry.put_device(GATEWAY),
        lambda: registry.put_device(CAMERA),
        lambda: registry.remove_device(CAMERA.id),
    ]

    for change in changes:
        change()
        registry.devices(), registry.sites("phuc-yen"), registry.wards()
        seen.append(registry.revision())

    assert seen == [0, 1, 2, 3, 4, 5]
