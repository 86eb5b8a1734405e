"""What happened, in sentences: every deed has one, one message to many is told once, newest first."""

from __future__ import annotations

import msgspec
import pytest

from api.alert_view import AlertView
from api.console.happenings import happenings_of
from api.console.texts import EN, VI, Texts
from smartward.alert import Condition, Deed, Severity, Work, WorkAction
from smartward.catalogue.load import load
from smartward.notification import DeliveryState, Notification

CATALOGUE = load()
VIEW = AlertView(
    id="a1",
    ward="w",
    rule="flood_road.flood_danger",
    device="fld-1",
    place="P",
    severity=Severity.CRITICAL,
    condition=Condition.FIRING,
    work=Work.NEW,
    started_ms=1_000,
    changed_ms=1_000,
    title_vi="Ngập",
    title_en="Flooded",
    rule_vi="Ngập",
    rule_en="Flooded",
    severity_vi="Khẩn cấp",
    severity_en="Critical",
)


def said(view: AlertView, *notifications: Notification, texts: Texts = VI) -> list[str]:
    """Give the sentences, newest first."""
    lines = happenings_of(view, notifications, texts=texts, catalogue=CATALOGUE, name_of=lambda name: name.title())
    return [line.text for line in lines]


def notice(
    recipient: str, *, state: DeliveryState = DeliveryState.SENT, answer: str = "", channel: str = "zalo"
) -> Notification:
    """Give a notification."""
    return Notification(
        key=recipient, alert="a1", ward="w", recipient=recipient, channel=channel, severity="critical",
        text="", created_ms=2_000, state=state, answer=answer,
    )  # fmt: skip


@pytest.mark.parametrize("texts", [VI, EN], ids=["vi", "en"])
@pytest.mark.parametrize("deed", list(Deed))
def test_every_deed_is_a_sentence_with_a_name(deed: Deed, texts: Texts) -> None:
    """Who did what; a deed without a sentence would be a hole in the story."""
    action = WorkAction("a1", deed, "an", 3_000, note="đã xem", outcome="done", person_assigned="ha")
    sentence = said(msgspec.structs.replace(VIEW, timeline=(action,)), texts=texts)[0]

    assert "An" in sentence
    assert "{" not in sentence
    assert "đã xem" in sentence or deed not in (Deed.COMMENT, Deed.RESOLVE)


def test_one_message_to_many_is_told_once_by_their_roles_names() -> None:
    """Five people of one team are one line."""
    sent = said(VIEW, notice("police_duty"), notice("chairman"))
    failed = said(VIEW, notice("police_duty", state=DeliveryState.FAILED, answer="hết giờ chờ"))

    assert sent[0].startswith("Đã gửi thông báo tới Trực ban Công an phường, Chủ tịch")
    assert len(sent) == 2
    assert failed[0] == "Không gửi được thông báo tới Trực ban Công an phường: hết giờ chờ"


@pytest.mark.parametrize(
    ("channel", "texts", "sentence"),
    [
        ("file", VI, "Ghi vào tệp thông báo cho: Trực ban Công an phường"),
        ("file", EN, "Written to the notification file for: "),
        ("console", VI, "Hiện trên màn hình máy chủ cho: Trực ban Công an phường"),
        ("console", EN, "Shown on the server's own screen for: "),
        ("webhook", VI, "Đã gửi thông báo tới Trực ban Công an phường"),
    ],
)
def test_what_nobody_was_sent_is_not_told_as_sent(channel: str, texts: Texts, sentence: str) -> None:
    """Who reads `sent to the police` does not phone them; a line in a file has reached nobody."""
    assert said(VIEW, notice("police_duty", channel=channel), texts=texts)[0].startswith(sentence)


def test_two_channels_of_one_message_are_two_lines() -> None:
    """A file that was written does not stand for a message that was sent."""
    lines = said(VIEW, notice("police_duty", channel="file"), notice("chairman", channel="webhook"))

    assert [line.partition(" ")[0] for line in lines[:2]] == ["Đã", "Ghi"]


def test_the_newest_is_first_and_an_end_says_why() -> None:
    """Why it is over decides what is still to do."""
    over = msgspec.structs.replace(VIEW, condition=Condition.CLEARED, cleared_ms=9_000, reason="recovered")
    done = WorkAction("a1", Deed.RESOLVE, "an", 9_500, note="Rửa đường", outcome="false_alarm", override_reason="thử")

    assert said(msgspec.structs.replace(over, timeline=(done,))) == [
        "An ghi: báo nhầm. Rửa đường Đóng khi còn báo động: thử",
        "Hết báo động: giá trị đã về mức an toàn",
        "Bắt đầu báo động: Ngập",
    ]


def test_an_alert_that_has_grown_does_not_claim_to_have_begun_so_badly() -> None:
    """It began as a puddle: `Flooded 50 cm` at its first minute would say that everybody was late."""
    grown = msgspec.structs.replace(VIEW, changed_ms=5_000)

    assert said(grown) == ["Bắt đầu báo động"]
    assert said(VIEW) == ["Bắt đầu báo động: Ngập"]
    assert said(grown, texts=EN) == ["Alert raised"]


def test_an_alert_of_a_rule_that_stands_alone_began_as_what_it_is() -> None:
    """Only rules of one chain take over from each other; the end of another alert changes nothing of its start."""
    door = msgspec.structs.replace(
        VIEW, rule="streetlight_cabinet.door", rule_vi="Mở tủ điện", changed_ms=9_000, cleared_ms=9_000
    )

    assert said(door)[-1] == "Bắt đầu báo động: Mở tủ điện"


def test_a_reason_that_nobody_has_worded_is_shown_as_it_is() -> None:
    """A new reason of ingest must not break the screen."""
    over = msgspec.structs.replace(VIEW, condition=Condition.CLEARED, cleared_ms=9_000, reason="moon")

    assert said(over)[0] == "Hết báo động: moon"
