"""Validate: which claims are believable, by the registry and the catalogue. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.decode import LARGEST, MAX_AGE_MS, PACK_MAX_AGE_MS, Arrival, Decoded, EventClaim, ObservationClaim, instant
from smartward.catalogue.model import Catalogue, DeviceType, Quantity
from smartward.device import Device
from smartward.event import Event
from smartward.observation import Value
from smartward.ports import StoredEvent, StoredObservation
from smartward.rejection import Reason, Rejection

MAX_TEXT = 256


class Registered(msgspec.Struct, frozen=True):
    """The registry as ingest last saw it; `place` names a site by its id."""

    devices: dict[str, Device] = {}
    place: dict[str, str] = {}

    def place_of(self, device: str) -> str:
        """Name where a device stands: its site, or its own name, or its id."""
        known = self.devices.get(device)
        if known is None:
            return device
        return self.place.get(known.site) or known.name or known.id


class Validated(msgspec.Struct, frozen=True):
    """What of a message is believed and what is refused; together they are all its items."""

    observations: tuple[StoredObservation, ...] = ()
    events: tuple[StoredEvent, ...] = ()
    rejections: tuple[Rejection, ...] = ()

    @property
    def items(self) -> int:
        """Count the ledger items of the message."""
        good = sum(len(observation.values) for observation in self.observations) + len(self.events)
        return good + sum(rejection.items for rejection in self.rejections)


class Validator:
    """Believes or refuses claims; holds the catalogue indexed by type and quantity."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Index the catalogue once."""
        self._types = catalogue.types
        self._quantities = {
            name: {quantity.name: quantity for quantity in type_.quantities} for name, type_ in catalogue.types.items()
        }

    def validate(self, decoded: Decoded, *, registered: Registered, received_ms: int, latest_ms: int = 0) -> Validated:
        """Believe what holds against the registry and the catalogue, and name why the rest does not.

        `latest_ms` is our clock's reading if nobody had set it; a device that agrees with it is believed too.
        """
        address = decoded.address
        if address is None:
            return Validated(rejections=decoded.rejections)
        gateway = registered.devices.get(address.gateway)
        if gateway is None or gateway.ward != address.ward or not gateway.is_gateway:
            detail = f"gateway {address.gateway!r} is not registered in ward {address.ward!r}; register it first"
            return Validated(rejections=(Rejection(Reason.UNKNOWN_GATEWAY, detail),))
        blamed = [msgspec.structs.replace(r, device=address.device or address.gateway) for r in decoded.rejections]
        arrival = Arrival(received_ms, latest_ms, PACK_MAX_AGE_MS if decoded.pack else MAX_AGE_MS)
        observations, events = [], []
        for claim in decoded.observations:
            believed, refused = self._observation(claim, gateway, registered, arrival)
            blamed += refused
            if believed is not None:
                observations.append(believed)
        for event_claim in decoded.events:
            outcome = self._event(event_claim, gateway, registered, arrival)
            if isinstance(outcome, Rejection):
                blamed.append(outcome)
            else:
                events.append(outcome)
        return Validated(tuple(observations), tuple(events), tuple(blamed))

    def _observation(
        self, claim: ObservationClaim, gateway: Device, registered: Registered, arrival: Arrival
    ) -> tuple[StoredObservation | None, list[Rejection]]:
        whole = len(claim.values)
        device = self._device(claim.device, gateway, registered, items=whole)
        if isinstance(device, Rejection):
            return None, [msgspec.structs.replace(device, part=claim.part)]
        at_ms = instant(claim.at, arrival)
        if isinstance(at_ms, Rejection):
            return None, [msgspec.structs.replace(at_ms, device=device.id, items=whole, part=claim.part)]
        quantities = self._quantities[device.type]
        values: dict[str, Value] = {}
        refused = []
        for name, raw in claim.values.items():
            value = believe(raw, quantities.get(name), name=name)
            if isinstance(value, Rejection):
                refused.append(msgspec.structs.replace(value, device=device.id, part=f"{claim.part}/{name}"))
            else:
                values[name] = value
        if not values:
            return None, refused
        return StoredObservation(device.ward, device.id, device.type, at_ms, arrival.received_ms, values), refused

    def _event(
        self, claim: EventClaim, gateway: Device, registered: Registered, arrival: Arrival
    ) -> StoredEvent | Rejection:
        device = self._device(claim.device, gateway, registered, items=1)
        if isinstance(device, Rejection):
            return msgspec.structs.replace(device, part=claim.part)
        at_ms = instant(claim.at, arrival)
        if isinstance(at_ms, Rejection):
            return msgspec.structs.replace(at_ms, device=device.id, part=claim.part)
        if problem := _event_problem(claim, self._types[device.type]):
            return msgspec.structs.replace(problem, device=device.id, part=claim.part)
        event = Event(
            device.id,
            claim.event_id,
            claim.type,
            at_ms,
            claim.confidence,
            claim.values,
            claim.zone,
            claim.phase,
            claim.dwell_s,
            claim.snapshot,
        )
        return StoredEvent(device.ward, device.type, arrival.received_ms, event)

    def _device(self, name: str, gateway: Device, registered: Registered, *, items: int) -> Device | Rejection:
        device = registered.devices.get(name)
        if device is None or device.gateway != gateway.id or device.ward != gateway.ward:
            detail = (
                f"device {name!r} is not registered behind gateway {gateway.id!r}; register it, or correct the topic"
            )
            return Rejection(Reason.UNKNOWN_DEVICE, detail, device=gateway.id, items=items, claimed=name)
        if device.type not in self._types:
            detail = f"device {name!r} has type {device.type!r}, which the catalogue does not know"
            return Rejection(Reason.UNKNOWN_TYPE, detail, device=device.id, items=items)
        return device


def believe(raw: Any, quantity: Quantity | None, *, name: str) -> Value | Rejection:
    """Believe one value: of its quantity's type and within its range, or refused with the reason."""
    if quantity is None:
        return Rejection(Reason.UNKNOWN_QUANTITY, f"{name[:64]!r} is no quantity of this type", quantity=name[:64])
    if quantity.derived == "server":
        return Rejection(
            Reason.DERIVED, f"{name} is computed by the server from {', '.join(quantity.inputs)}", quantity=name
        )
    value = _typed(raw, quantity)
    if value is None:
        detail = f"{name} = {str(raw)[:64]!r} is no {quantity.type}"
        return Rejection(Reason.BAD_TYPE, detail, quantity=name)
    if isinstance(value, str):
        inside = value in quantity.enum if quantity.enum else len(value) <= MAX_TEXT
        bounds = ", ".join(quantity.enum) or f"at most {MAX_TEXT} characters"
    else:
        inside = (quantity.min is None or value >= quantity.min) and (quantity.max is None or value <= quantity.max)
        inside = inside and abs(value) <= LARGEST
        bounds = f"{quantity.min} to {quantity.max} {quantity.unit}"
    if not inside:
        return Rejection(Reason.OUT_OF_RANGE, f"{name} = {str(raw)[:64]} is outside {bounds}", quantity=name)
    return value


def _typed(raw: Any, quantity: Quantity) -> Value | None:
    """Give a raw JSON value in its quantity's Python type; None when it is of another."""
    match quantity.type:
        case "boolean":
            return raw if isinstance(raw, bool) else None
        case "string":
            return raw if isinstance(raw, str) else None
        case _ if isinstance(raw, bool) or not isinstance(raw, int | float):
            return None
        case "integer":
            return raw if isinstance(raw, int) else int(raw) if raw.is_integer() else None
        case _:
            return raw if isinstance(raw, int) and abs(raw) > 2**53 else float(raw)


def _event_problem(claim: EventClaim, type_: DeviceType) -> Rejection | None:
    if claim.type not in {known.type for known in type_.events}:
        return Rejection(Reason.UNKNOWN_TYPE, f"event {claim.type[:64]!r} is not one that a {type_.type} asserts")
    if claim.confidence is not None and not 0 <= claim.confidence <= 1:
        return Rejection(Reason.OUT_OF_RANGE, f"confidence = {claim.confidence} is outside 0 to 1")
    for name, value in claim.values.items():
        if not isinstance(value, bool | int | float | str) or (isinstance(value, str) and len(value) > MAX_TEXT):
            return Rejection(Reason.BAD_TYPE, f"{name[:64]} = {str(value)[:64]!r} is no number, truth or short text")
        if isinstance(value, int | float) and abs(value) > LARGEST:
            return Rejection(Reason.OUT_OF_RANGE, f"{name[:64]} = {str(value)[:24]}… is larger than any sensor counts")
    return None
