"""Holds what a camera says against the catalogue: the server would refuse anything else."""

from __future__ import annotations

from collections.abc import Mapping

from smartward.catalogue.load import load
from smartward.event import Event
from smartward.observation import Value

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
}


def check_values(kind: str, values: Mapping[str, Value]) -> None:
    """See that every value is of a quantity of that kind of device, in its type and range."""
    device_type = load().types[kind]
    assert values
    for name, value in values.items():
        quantity = device_type.quantity(name)
        assert quantity is not None, f"{kind} has no {name}"
        assert type(value) in PYTHON_TYPES[quantity.type], (name, value)
        if quantity.enum:
            assert value in quantity.enum
        if quantity.min is not None and quantity.max is not None:
            assert quantity.min <= float(value) <= quantity.max, (name, value)


def check_event(kind: str, event: Event) -> None:
    """See that an event is one that this kind of device may assert, with exactly its values."""
    event_type = load().types[kind].event(event.type)
    assert event_type is not None, event
    assert set(event.values) == set(event_type.values)
