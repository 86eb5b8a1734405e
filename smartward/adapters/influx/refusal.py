"""A plan's points, by their places: what is sent, and what it means for the count when a point is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

import msgspec

from smartward.adapters.influx.deliver import Part, Undelivered
from smartward.adapters.influx.plan import Key, Place, Plan, event_entry, instant, superseded_entry
from smartward.ports import Count, Refusal


def parts_of(plan: Plan, *, left: Iterable[Place]) -> Iterator[Part]:
    """Give a plan's points one by one: changed rows, then events, then places that events have left."""
    places = count()
    for row in plan.rows.values():
        if row.changed:
            yield Part(next(places), row.entry(), frozenset(row.changed))
    for said in plan.events.values():
        yield Part(next(places), event_entry(said))
    for place in left:
        yield Part(next(places), superseded_entry(place))


def refuse(counts: Mapping[str, Count], plan: Plan, undelivered: Sequence[Undelivered]) -> dict[str, Count]:
    """Count what the server refused as rejected instead of stored, each named."""
    answer = {device: msgspec.structs.replace(count) for device, count in counts.items()}
    for (speaker, at_ms), quantity, reason in refused_values(plan, undelivered):
        stored, corrected = plan.rows[speaker, at_ms].counted(quantity)
        refusal = Refusal(speaker.ward, speaker.device, quantity, at_ms, reason, stored)
        _reject(answer[speaker.device], refusal, corrected=corrected)
    for event_id, reason in refused_events(plan, undelivered).items():
        said = plan.events[event_id]
        event = said.stored_event.event
        refusal = Refusal(
            said.stored_event.ward, event.device, event_id, instant(said.stored_event), reason, said.stored
        )
        _reject(answer[event.device], refusal, corrected=said.corrected)
    return answer


def _reject(count: Count, refusal: Refusal, *, corrected: int) -> None:
    count.stored -= refusal.items
    count.corrected -= corrected
    count.rejected += refusal.items
    count.refusals = (*count.refusals, refusal)


def refused_values(plan: Plan, undelivered: Sequence[Undelivered]) -> list[tuple[Key, str, str]]:
    """List the values that were refused, by row and quantity, with the reason."""
    changed = [key for key, row in plan.rows.items() if row.changed]
    return [
        (changed[lost.place], quantity, lost.reason)
        for lost in undelivered
        if lost.place < len(changed)
        for quantity in sorted(lost.quantities)
    ]


def refused_events(plan: Plan, undelivered: Sequence[Undelivered]) -> dict[str, str]:
    """List the events that were refused, with the reason."""
    first = sum(1 for row in plan.rows.values() if row.changed)
    names = list(plan.events)
    return {names[lost.place - first]: lost.reason for lost in undelivered if first <= lost.place < first + len(names)}
