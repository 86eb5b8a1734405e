"""What happened to an alert: condition, deeds and notifications in one list of sentences, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from api.alert_view import AlertView
from api.console.texts import Texts
from api.console.views import Happening
from smartward.alert import Deed, Work, WorkAction
from smartward.catalogue.model import Catalogue, label
from smartward.notification import DeliveryState, Notification
from smartward.wording import rule_of

Name = Callable[[str], str]


def happenings_of(
    view: AlertView, notifications: Iterable[Notification], *, texts: Texts, catalogue: Catalogue, name_of: Name
) -> tuple[Happening, ...]:
    """Tell everything that is known of an alert, newest first; at one instant the later part of the story first."""
    lines = [Happening(view.started_ms, _began(view, texts=texts, catalogue=catalogue), "condition")]
    lines += _told(notifications, texts=texts, catalogue=catalogue)
    lines += [Happening(action.at_ms, _did(action, texts=texts, name_of=name_of), "deed") for action in view.timeline]
    if view.cleared_ms is not None:
        reason = getattr(texts, f"reason_{view.reason}", view.reason)
        lines.append(Happening(view.cleared_ms, texts.happened_over.format(reason=reason), "condition"))
    return tuple(sorted(lines, key=lambda line: line.at_ms)[::-1])


def _began(view: AlertView, *, texts: Texts, catalogue: Catalogue) -> str:
    """Say what began; an alert that may have begun under another rule of its chain has no title to say."""
    rule = view.rule_en if texts.language == "en" else view.rule_vi
    if not rule or not _began_as_it_is(view, catalogue=catalogue):
        return texts.happened_raised
    return f"{texts.happened_raised}: {rule}"


def _began_as_it_is(view: AlertView, *, catalogue: Catalogue) -> bool:
    """Tell whether the present rule surely was the first: nothing has changed since, or no other shares its alert."""
    if view.changed_ms == view.started_ms:
        return True
    rule, kind = rule_of(view.rule, catalogue=catalogue), catalogue.types.get(view.rule.partition(".")[0])
    others = kind.rules if kind else ()
    return rule is not None and not rule.supersedes and all(other.supersedes != rule.id for other in others)


def _did(action: WorkAction, *, texts: Texts, name_of: Name) -> str:
    sentence = _SENTENCES[action.deed, action.outcome == Work.FALSE_ALARM]
    said: str = getattr(texts, sentence).format(
        name=name_of(action.person), to=name_of(action.person_assigned), note=action.note
    )
    if action.override_reason:
        said = f"{said.rstrip()} {texts.happened_overridden.format(reason=action.override_reason)}"
    return said.strip()


_SENTENCES = {
    (deed, is_false): f"happened_{deed.value}" + ("" if deed is not Deed.RESOLVE else "_false" if is_false else "_done")
    for deed in Deed
    for is_false in (False, True)
}


def _told(notifications: Iterable[Notification], *, texts: Texts, catalogue: Catalogue) -> Sequence[Happening]:
    """Say once to whom one message went and what became of it, however many recipients it had.

    What only lies in a file or stood on the server's own screen was not sent to anybody, and is not told so.
    """
    groups: dict[tuple[int, str, str], list[str]] = {}
    for notification in notifications:
        why = notification.answer if notification.state is DeliveryState.FAILED else ""
        names = groups.setdefault((notification.created_ms, _became(notification, texts=texts), why), [])
        role = catalogue.roles.get(notification.recipient)
        name = label(role, texts.language) if role else notification.recipient
        if name not in names:
            names.append(name)
    return [
        Happening(at_ms, sentence.format(to=", ".join(names), why=why), "notice")
        for (at_ms, sentence, why), names in groups.items()
    ]


def _became(notification: Notification, *, texts: Texts) -> str:
    """Choose the sentence that is true of a notification's channel and state."""
    match notification.state, notification.channel:
        case DeliveryState.QUEUED, _:
            return texts.notice_queued
        case DeliveryState.FAILED, _:
            return texts.notice_failed
        case _, "file":
            return texts.notice_filed
        case _, "console":
            return texts.notice_shown
        case _:
            return texts.notice_sent
