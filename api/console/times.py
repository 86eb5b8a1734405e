"""How instants and durations are written for people: 24 h, dd/MM/yyyy, on the ward's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.console.texts import Texts
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, to_datetime, to_ms

COUNTDOWN_MS = 10 * MINUTE_MS
"""Below this a time that is left is written as 4:10, above it in whole minutes."""


def local(at_ms: int, *, zone: ZoneInfo) -> datetime:
    """Give an instant on the ward's clock."""
    return to_datetime(at_ms).astimezone(zone)


def clock_time(at_ms: int, *, zone: ZoneInfo) -> str:
    """Write 14:32:08."""
    return local(at_ms, zone=zone).strftime("%H:%M:%S")


def hour_minute(at_ms: int, *, zone: ZoneInfo) -> str:
    """Write 14:32."""
    return local(at_ms, zone=zone).strftime("%H:%M")


def day(at_ms: int, *, zone: ZoneInfo) -> str:
    """Write 23/11/2026."""
    return local(at_ms, zone=zone).strftime("%d/%m/%Y")


def weekday_and_day(at_ms: int, *, zone: ZoneInfo, texts: Texts) -> str:
    """Write Thứ Hai, 23/11/2026."""
    return f"{texts.weekdays[local(at_ms, zone=zone).weekday()]}, {day(at_ms, zone=zone)}"


def moment(at_ms: int, *, now_ms: int, zone: ZoneInfo) -> str:
    """Write the time of day, with the date in front when it was another day."""
    if local(at_ms, zone=zone).date() == local(now_ms, zone=zone).date():
        return clock_time(at_ms, zone=zone)
    return f"{day(at_ms, zone=zone)} {clock_time(at_ms, zone=zone)}"


def duration(ms: int, *, texts: Texts) -> str:
    """Write a length of time by its largest unit, rounded down: 40 s, 12 ph, 3 giờ, 2 ngày."""
    ms = max(0, ms)
    if ms < MINUTE_MS:
        return texts.seconds.format(n=ms // SECOND_MS)
    if ms < HOUR_MS:
        return texts.minutes.format(n=ms // MINUTE_MS)
    if ms < DAY_MS:
        return texts.hours.format(n=ms // HOUR_MS)
    return texts.days.format(n=ms // DAY_MS)


def countdown(ms: int, *, texts: Texts) -> str:
    """Write what is left of a deadline: 0:58 and 4:10 when it is near, then as a duration."""
    if ms >= COUNTDOWN_MS:
        return duration(ms, texts=texts)
    seconds = max(0, ms) // SECOND_MS
    return f"{seconds // 60}:{seconds % 60:02d}"


def midnight(at_ms: int, *, zone: ZoneInfo) -> int:
    """Give the instant at which the ward's present day began."""
    return to_ms(local(at_ms, zone=zone).replace(hour=0, minute=0, second=0, microsecond=0))


def utc_offset_s(at_ms: int, *, zone: ZoneInfo) -> int:
    """Give how many seconds the ward's clock is ahead of UTC at an instant."""
    return int((local(at_ms, zone=zone).utcoffset() or timedelta()).total_seconds())
