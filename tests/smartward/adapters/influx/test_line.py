"""Line protocol: what is written is read back from a real server exactly."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smartward.adapters.influx.influxql import identifier
from smartward.adapters.influx.line import FIRST_NS, LAST_NS, Entry, Field, field_value
from tests.servers.influxdb import InfluxDB

NASTY = ",= \"'\\;\n\t\0%+&#đ💧"
WORDS = st.text(st.one_of(st.sampled_from(NASTY), st.characters(codec="utf-8")), max_size=40)
NAMES = st.text(
    st.one_of(
        st.sampled_from(",= \"'%+&đ💧"),
        st.characters(codec="utf-8", exclude_characters="\\\n\r\0", categories=("L", "N")),
    ),
    min_size=1,
    max_size=20,
).filter(lambda name: name[0] not in "_#" and name not in {"time", "ward", "device"})
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(2**63), 2**63 - 1)


def read_back(server: InfluxDB, database: str, entry: Entry) -> list[dict[str, Any]]:
    """Write one point into an empty measurement, read it, and empty the measurement again."""
    server.write(database, entry.line())
    measurement = identifier(entry.measurement)
    found = server.query(
        f"SELECT * FROM {measurement} WHERE time >= {FIRST_NS} AND time <= {LAST_NS}", database=database
    )
    server.query(f"DROP MEASUREMENT {measurement}", database=database)
    return found


@pytest.fixture
def empty(influxdb: InfluxDB, database: str) -> str:
    """Make the database."""
    influxdb.query(f'CREATE DATABASE "{database}"')
    return database


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    measurement=NAMES,
    ward=NAMES,
    device=NAMES,
    fields=st.dictionaries(NAMES, st.one_of(WORDS, NUMBERS, WHOLE, st.booleans()), min_size=1, max_size=4),
    at_ns=st.integers(FIRST_NS, LAST_NS),
)
@example(measurement="a b,c=d", ward="w w", device="d,=", fields={'"': '\\"', "x y": "\\", "đ": ""}, at_ns=FIRST_NS)
@example(measurement="m", ward="w", device="d", fields={"a": 5e-324, "b": 1.7976931348623157e308}, at_ns=LAST_NS)
@example(measurement="m", ward="w", device="d", fields={"a": 1e16, "b": -1e-7, "c": 2**63 - 1}, at_ns=0)
@example(measurement="m", ward="w", device="d", fields={"a": "\\\\", "b": '\\"', "c": "x\\"}, at_ns=1)
def test_what_is_written_is_read_back_exactly(
    influxdb: InfluxDB,
    empty: str,
    measurement: str,
    ward: str,
    device: str,
    fields: dict[str, Field],
    at_ns: int,
) -> None:
    """Letters of any language, spaces, commas, quotes and backslashes; the hugest and the smallest numbers."""
    (row,) = read_back(influxdb, empty, Entry(measurement, ward, device, fields, at_ns))

    assert (row.pop("time"), row.pop("ward"), row.pop("device")) == (at_ns, ward, device)
    exact = {name: float(row[name]) if type(value) is float else row[name] for name, value in fields.items()}
    assert exact == fields
    assert len(row) == len(fields)
    assert {name: isinstance(value, bool) for name, value in row.items()} == {
        name: isinstance(value, bool) for name, value in fields.items()
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**63, -(2**63) - 1])
def test_a_number_that_cannot_be_kept_is_refused(value: float) -> None:
    """InfluxDB would answer 400 for it, for ever."""
    with pytest.raises(ValueError, match="cannot be kept"):
        field_value(value)


@pytest.mark.parametrize("name", ["", "a\\b", "two\nlines", "_internal", "#comment"])
def test_a_name_that_line_protocol_cannot_carry_is_refused(name: str) -> None:
    """A backslash before a separator would join two names into one."""
    with pytest.raises(ValueError, match="cannot be a name"):
        Entry("river", "phuc-yen", "d1", {name: 1.0}, 0).line()


@pytest.mark.parametrize("at_ns", [FIRST_NS - 1, LAST_NS + 1])
def test_an_instant_that_influxdb_cannot_hold_is_refused(at_ns: int) -> None:
    """It counts nanoseconds in 64 bits."""
    with pytest.raises(ValueError, match="1677 to 2262"):
        Entry("river", "phuc-yen", "d1", {"level": 1.0}, at_ns).line()
