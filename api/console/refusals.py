"""Why a deed was refused, in the reader's words and in the row itself; 409 says who was first."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from api.console.texts import Texts
from api.console.times import clock_time
from api.problems import Problem
from smartward.instants import parse_rfc3339
from smartward.ports import People


def refusal(problem: Problem, *, texts: Texts, zone: ZoneInfo, people: People) -> str:
    """Say in one sentence why it was refused and what to do."""
    match problem.reason:
        case "already_acknowledged" | "already_resolved" | "already_started":
            by, at = str(problem.more.get("by", "")), str(problem.more.get("at", ""))
            person = people.person(by)
            sentence = {
                "already_acknowledged": texts.first_was,
                "already_started": texts.first_started,
                "already_resolved": texts.first_closed,
            }[problem.reason]
            time = clock_time(parse_rfc3339(at), zone=zone) if at else "–"
            return sentence.format(name=person.name if person and person.name else by or "–", time=time)
        case "still_firing":
            return texts.still_firing
        case "note_required":
            return texts.note_needed
        case "forbidden":
            return texts.error_forbidden
        case _:
            return texts.deed_failed.format(why=problem.detail)
