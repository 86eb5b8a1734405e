"""The simulated ward lives by the clock, the sun and the week, as a ward does."""

from __future__ import annotations

import itertools
from statistics import correlation

import pytest

from edge.simulated.sensors import sense
from edge.simulated.sun import altitude_deg, sunrise_and_sunset_ms
from edge.simulated.world import World
from smartward.instants import DAY_MS, MINUTE_MS, parse_rfc3339
from tests.edge.simulated.small_ward import (
    MONDAY_MS,
    PHUC_YEN,
    SEEDS,
    SUNDAY_MS,
    device,
    hour,
    listen,
    mean,
    number,
    whole,
)

LAT, LON = PHUC_YEN
RUSH_HOURS = ((6.5, 8.0), (16.5, 18.5))


@pytest.mark.parametrize(
    ("date", "rise", "set_"),
    [
        ("2026-03-20", "06:03", "18:10"),
        ("2026-06-21", "05:15", "18:40"),
        ("2026-11-23", "06:13", "17:15"),
        ("2026-12-21", "06:30", "17:19"),
    ],
)
def test_the_sun_rises_and_sets_where_phuc_yen_lies(date: str, rise: str, set_: str) -> None:
    """Within three minutes of the published times for Hà Nội, 20 km away."""
    noon_ms = parse_rfc3339(f"{date}T12:00:00+07:00")
    sunrise_ms, sunset_ms = sunrise_and_sunset_ms(noon_ms, lat=LAT, lon=LON)

    assert abs(sunrise_ms - parse_rfc3339(f"{date}T{rise}:00+07:00")) <= 3 * MINUTE_MS
    assert abs(sunset_ms - parse_rfc3339(f"{date}T{set_}:00+07:00")) <= 3 * MINUTE_MS
    assert altitude_deg(sunset_ms, lat=LAT, lon=LON) == pytest.approx(-0.833, abs=0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_street_lights_follow_the_sun(seed: int) -> None:
    """From sunset to sunrise a cabinet draws its lit lamps' power, by day nothing."""
    cabinet = device("streetlight_cabinet", seed, lamps=30, lamp_w=100)
    for day_ms in (MONDAY_MS, parse_rfc3339("2026-07-01T00:00:00+07:00")):
        world = World(seed, start_ms=day_ms, devices=[cabinet])
        for at_ms, values in listen(world, cabinet, from_ms=day_ms, to_ms=day_ms + DAY_MS, every_s=300):
            height = altitude_deg(at_ms, lat=LAT, lon=LON)
            if height < -0.833:
                lit = world.state_at(at_ms).lamps_lit(cabinet)
                assert number(values, "active_power") == pytest.approx(lit * 0.1, rel=0.05)
                assert lit >= 26
                assert values["power_state"] == "on"
            elif height > 5:
                assert number(values, "active_power") == 0
                assert values["power_state"] == "off"
            assert number(values, "intensity_r") == pytest.approx(
                number(values, "active_power") * 1000 / number(values, "voltage_r"), rel=0.15, abs=0.01
            )


@pytest.mark.parametrize("seed", SEEDS)
def test_meters_only_run_forwards_and_as_fast_as_the_power_says(seed: int) -> None:
    """An hour at a power adds that energy."""
    for meter in (device("streetlight_cabinet", lamps=30, lamp_w=100), device("power_meter", kind="office")):
        world = World(seed, start_ms=MONDAY_MS, devices=[meter])
        said = listen(world, meter, from_ms=MONDAY_MS, to_ms=hour(24 + 21), every_s=300)
        energy = [number(values, "energy") for _, values in said]
        used = sum(number(values, "active_power") for _, values in said) * 300 / 3600

        assert energy == sorted(energy)
        assert energy[-1] - energy[0] == pytest.approx(used, rel=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_rush_hours_bring_vehicles_and_noise(seed: int) -> None:
    """06:30-08:00 and 16:30-18:30 are the busiest and the loudest of the day; noise follows traffic."""
    road, ear = device("traffic_flow", road="main"), device("noise", noise_zone="ordinary")
    world = World(seed, start_ms=MONDAY_MS, devices=[road, ear])
    hours = [5 + quarter / 4 for quarter in range(18 * 4)]
    vehicles = [
        mean(whole(v, "intensity") for _, v in listen(world, road, from_ms=hour(h), to_ms=hour(h + 0.2), every_s=60))
        for h in hours
    ]
    loudness = [
        mean(number(v, "laeq") for _, v in listen(world, ear, from_ms=hour(h), to_ms=hour(h + 0.2), every_s=60))
        for h in hours
    ]
    rush = [any(start <= h < end for start, end in RUSH_HOURS) for h in hours]

    for series, factor in ((vehicles, 1.5), (loudness, 1.0)):
        busy = mean(value for value, at_rush in zip(series, rush, strict=True) if at_rush)
        calm = mean(value for value, at_rush in zip(series, rush, strict=True) if not at_rush)
        assert busy > factor * calm
    assert correlation(vehicles, loudness) > 0.6
    midday = [level for level, h in zip(loudness, hours, strict=True) if 9 <= h < 16]
    assert mean(level for level, at_rush in zip(loudness, rush, strict=True) if at_rush) > mean(midday) + 1.5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loudest_moment_is_never_below_the_mean(seed: int) -> None:
    """LAmax bounds LAeq by definition."""
    ear = device("noise", noise_zone="special")
    world = World(seed, start_ms=MONDAY_MS, devices=[ear])

    for _, values in listen(world, ear, from_ms=hour(0), to_ms=hour(24), every_s=600):
        assert number(values, "lamax") >= number(values, "laeq")


@pytest.mark.parametrize("seed", SEEDS)
def test_loudspeakers_play_in_their_slots_and_at_no_other_time(seed: int) -> None:
    """05:30 and 17:00 are heard as amplifier power; at night there is silence."""
    speaker = device("public_address", seed)
    world = World(seed, start_ms=MONDAY_MS, devices=[speaker])
    for at in (5.52, 5.6, 17.02, 17.2):
        values = sense(world, speaker, now_ms=hour(at), since_ms=hour(at) - 5000)
        assert (values["playing"], values["bulletin_priority"]) == (True, "normal")
        assert number(values, "amp_power") > 10
        assert number(values, "last_play_age") == 0
    for at in (0.5, 5.4, 6.5, 12, 16.9, 18.2, 23):
        values = sense(world, speaker, now_ms=hour(at), since_ms=hour(at) - 5000)
        assert (values["playing"], values["bulletin_priority"]) == (False, "none")
        assert number(values, "amp_power") < 1
        assert 0 < number(values, "last_play_age") < 13


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bin_only_fills_until_it_is_emptied(seed: int) -> None:
    """The level never falls a little: it falls to almost nothing, and that within two days."""
    container = device("waste_container", seed)
    world = World(seed, start_ms=MONDAY_MS, devices=[container])
    said = listen(world, container, from_ms=MONDAY_MS, to_ms=MONDAY_MS + 4 * DAY_MS, every_s=900)
    levels = [number(values, "filling_level") for _, values in said]
    falls = [(before, after) for before, after in itertools.pairwise(levels) if after < before]

    assert 1 <= len(falls) <= 8
    assert all(after < 0.1 for _, after in falls)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_counter_rests_on_sunday(seed: int) -> None:
    """No ticket is issued when the centre is shut."""
    queue = device("service_queue", counters=5)
    world = World(seed, start_ms=SUNDAY_MS, devices=[queue])

    for _, values in listen(world, queue, from_ms=SUNDAY_MS, to_ms=SUNDAY_MS + DAY_MS - 1, every_s=1800):
        assert (values["service_status"], values["last_issued"], values["counters_open"]) == ("Closed", 0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_indicators_keep_near_the_published_rates(seed: int) -> None:
    """Numerator and denominator are counts that only grow; their ratio is near the article's."""
    connector = device("dossier_kpi")
    world = World(seed, start_ms=MONDAY_MS, devices=[connector])
    said = [v for _, v in listen(world, connector, from_ms=hour(8), to_ms=hour(17), every_s=900)]
    published = {"online": 0.9438, "e_result": 0.8267, "digitised": 0.7983, "reuse": 0.90, "archived": 0.9937}

    for name, rate in published.items():
        assert whole(said[-1], f"{name}_num") / whole(said[-1], f"{name}_den") == pytest.approx(rate, abs=0.02)
    assert said[-1]["e_payment_num"] == said[-1]["e_payment_den"]
    for quantity in said[0]:
        if quantity.endswith(("_num", "_den")):
            counts = [whole(values, quantity) for values in said]
            assert counts == sorted(counts)
            assert whole(said[-1], f"{quantity[:-4]}_num") <= whole(said[-1], f"{quantity[:-4]}_den")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_air_is_cooler_and_damper_before_dawn(seed: int) -> None:
    """Temperature peaks in the afternoon, humidity does the opposite."""
    station = device("weather", seed)
    world = World(seed, start_ms=MONDAY_MS, devices=[station])
    dawn = [v for _, v in listen(world, station, from_ms=hour(4), to_ms=hour(5), every_s=300)]
    afternoon = [v for _, v in listen(world, station, from_ms=hour(14), to_ms=hour(15), every_s=300)]

    assert mean(number(v, "temperature") for v in dawn) + 2 < mean(number(v, "temperature") for v in afternoon)
    assert mean(number(v, "relative_humidity") for v in dawn) > mean(number(v, "relative_humidity") for v in afternoon)
