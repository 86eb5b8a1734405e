"""The console in a real browser: alive, shared, usable by keys, by touch and without scripts, and never pretending."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from smartward.adapters.clock import SystemClock
from smartward.device import Presence, PresenceState
from tests.api.console.sample_ward import PASSWORD, WARD, SampleWard, busy_ward, calm_ward, flood_alert
from tests.e2e.browser import PHONE, WALL, Watched, accessibility_faults, chromium, log_in, visitor
from tests.e2e.console_server import served

__all__ = ["chromium"]
pytestmark = pytest.mark.e2e


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[SampleWard]:
    """Give a ward in which nothing is wrong yet, on the machine's own clock."""
    with calm_ward(tmp_path, clock=SystemClock()) as ward:
        yield ward


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[SampleWard]:
    """Give a ward on a bad afternoon, on the machine's own clock."""
    with busy_ward(tmp_path, clock=SystemClock()) as ward:
        yield ward


def alive(page: Page) -> None:
    """Wait until the page has heard from its live stream."""
    expect(page.locator("#link")).to_have_text("Trực tiếp")


def test_an_alert_arrives_live_and_a_key_acknowledges_it_before_everybodys_eyes(
    calm: SampleWard, chromium: Browser
) -> None:
    """This is what the room is for: nobody reloads, nobody phones to say who has it."""
    watched = Watched()
    with ExitStack() as stack:
        url = stack.enter_context(served(calm))
        an = stack.enter_context(visitor(chromium, watched=watched))
        ha = stack.enter_context(visitor(chromium, watched=watched))
        log_in(an, url, username="an", password=PASSWORD)
        log_in(ha, url, username="ha", password=PASSWORD)
        expect(an.get_by_text("Không có cảnh báo đang mở").first).to_be_visible()
        for page in (an, ha):
            alive(page)
            page.evaluate("window.neverReloaded = true")

        alert = calm.raise_alert(flood_alert(calm.clock.now_ms()))

        row = an.locator(f"#{alert}")
        expect(row).to_contain_text("Ngập 50 cm: chặn đường, sơ tán")
        expect(row).to_contain_text("Chưa nhận")
        expect(ha.locator(f"#{alert}")).to_contain_text("Chưa nhận")
        expect(an.locator("#tally b").first).to_have_text("1")
        expect(an.locator("#none-open")).to_be_hidden()
        expect(an.locator(f"#m-{alert}")).to_be_visible()
        an.keyboard.press("j")
        expect(row).to_have_attribute("aria-current", "true")
        expect(an.locator("#do-accept")).to_be_visible()
        an.keyboard.press("a")

        expect(row).to_contain_text("Đã nhận")
        expect(ha.locator(f"#{alert}")).to_contain_text("Nguyễn Minh An")
        expect(ha.locator("#n-new")).to_have_text("0")
        assert an.evaluate("window.neverReloaded") is ha.evaluate("window.neverReloaded") is True
    assert watched.foreign == []
    assert watched.complaints == []


def test_the_second_to_acknowledge_is_told_in_the_row_who_was_first(busy: SampleWard, chromium: Browser) -> None:
    """Two people reach for one alert in the same second; the slower must not think that it is theirs."""
    with ExitStack() as stack:
        url = stack.enter_context(served(busy))
        an, ha = (stack.enter_context(visitor(chromium)) for _ in range(2))
        an.route("**/live?*", lambda route: route.abort())
        log_in(an, url, username="an", password=PASSWORD)
        log_in(ha, url, username="ha", password=PASSWORD)
        alive(ha)
        ha.keyboard.press("a")
        expect(ha.locator(".row").first).to_contain_text("Đã nhận")

        an.locator("#do-accept").click()

        expect(an.locator("#detail .said")).to_contain_text("Lê Thu Hà đã nhận trước, lúc")
        expect(an.locator(".row").first).to_contain_text("Lê Thu Hà")


def test_a_result_is_written_by_keys_and_the_alert_leaves_the_queue(busy: SampleWard, chromium: Browser) -> None:
    """High and critical wait for a person's word; it is two keys and a sentence away."""
    with served(busy) as url, visitor(chromium) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        page.locator(".row.over .main").click()
        expect(page.locator("#detail")).to_contain_text("Nước dâng nhanh")
        page.keyboard.press("e")
        expect(page.locator("#do-finish textarea")).to_be_focused()
        page.keyboard.type("Đã vớt rác miệng cống, nước rút. ja")
        page.locator("#do-finish .pri").click()

        expect(page.locator("#detail")).to_contain_text("Đã xong")
        expect(page.locator("#detail")).to_contain_text("Nguyễn Minh An ghi: đã xử lý xong. Đã vớt rác miệng cống")
        expect(page.locator(".row.over")).to_have_count(0)


def test_a_comment_being_written_survives_what_happens_meanwhile(busy: SampleWard, chromium: Browser) -> None:
    """The screen refreshes under a person's hands; their half sentence must not be lost."""
    with ExitStack() as stack:
        url = stack.enter_context(served(busy))
        an, ha = (stack.enter_context(visitor(chromium)) for _ in range(2))
        log_in(an, url, username="an", password=PASSWORD)
        log_in(ha, url, username="ha", password=PASSWORD)
        alive(an)
        alive(ha)
        an.keyboard.press("c")
        an.keyboard.type("Hiện trường đông")
        ha.keyboard.press("a")
        expect(an.locator("#detail")).to_contain_text("Đã nhận")

        expect(an.locator("#do-comment textarea")).to_have_value("Hiện trường đông")
        an.keyboard.type(" người")
        an.locator("#do-comment .pri").click()

        expect(ha.locator("#detail")).to_contain_text("Nguyễn Minh An: Hiện trường đông người")


def test_the_search_needs_no_accents_and_keys_never_act_inside_it(busy: SampleWard, chromium: Browser) -> None:
    """Typing `ngap duong` must search, not acknowledge; đ is found by d."""
    with served(busy) as url, visitor(chromium) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        before = page.locator("#n-new").inner_text()
        page.keyboard.press("/")
        page.keyboard.type("dam dong")

        expect(page.locator(".row:visible")).to_have_count(1)
        expect(page.locator(".row:visible")).to_contain_text("Đám đông bất thường")
        page.fill("#q", "aja không có")
        expect(page.locator("#none-found")).to_contain_text("aja không có")
        page.keyboard.press("Escape")
        expect(page.locator(".row:visible")).to_have_count(10)
        expect(page.locator("#n-new")).to_have_text(before)


def test_keys_can_be_turned_off_and_stay_off(busy: SampleWard, chromium: Browser) -> None:
    """WCAG 2.1.4: speech input and trembling hands press letters that nobody meant."""
    with served(busy) as url, visitor(chromium) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        first = page.locator(".row").first
        page.keyboard.press("?")
        expect(page.locator("dialog#keys")).to_be_visible()
        page.uncheck("#keys-on")
        page.keyboard.press("Escape")
        page.reload()
        alive(page)
        page.keyboard.press("j")
        page.keyboard.press("a")

        expect(first).to_have_attribute("aria-current", "true")
        expect(first).to_contain_text("Chưa nhận")


def test_filters_are_in_the_address_and_hold_for_what_arrives(calm: SampleWard, chromium: Browser) -> None:
    """A link to `Của tôi` shows what is mine, also after the next alert."""
    with served(calm) as url, visitor(chromium) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        page.get_by_role("link", name="Của tôi").click()
        expect(page).to_have_url(f"{url}/?filter=mine")
        alert = calm.raise_alert(flood_alert(calm.clock.now_ms()))
        expect(page.locator("[data-count=all]")).to_have_text("1")

        expect(page.locator(f"#{alert}")).to_be_hidden()
        expect(page.locator("#none-mine")).to_be_visible()
        page.get_by_role("link", name="Tất cả").click()
        expect(page.locator(f"#{alert}")).to_be_visible()


def test_a_lost_link_is_said_stamped_and_healed(calm: SampleWard, chromium: Browser) -> None:
    """A screen that stands still must never look alive, and must come back by itself with what it missed."""
    with visitor(chromium) as page:
        with served(calm) as url:
            log_in(page, url, username="an", password=PASSWORD)
            alive(page)
        expect(page.locator("#link")).to_contain_text("Mất kết nối")
        expect(page.locator("#stamp")).to_contain_text("không còn cập nhật")
        assert "lost" in (page.locator("body").get_attribute("class") or "")
        alert = calm.raise_alert(flood_alert(calm.clock.now_ms()))

        with served(calm, port=int(url.rpartition(":")[2])):
            expect(page.locator("#link")).to_have_text("Trực tiếp", timeout=20_000)
            expect(page.locator("#stamp")).to_be_hidden()
            expect(page.locator(f"#{alert}")).to_be_visible()


def test_scripts_that_arrive_slowly_and_apart_still_make_a_live_page(calm: SampleWard, chromium: Browser) -> None:
    """On a patrol's bad link htmx reads the page before its stream extension is there; it must be told again."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with served(calm) as url, visitor(chromium) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alert = calm.raise_alert(flood_alert(calm.clock.now_ms()))
        page.route("**/hx-sse.min.js", hold)
        page.goto(f"{url}/?alert={alert}", wait_until="commit")
        page.wait_for_selector("form[data-htmx-powered]", state="attached")
        held[-1].continue_()

        alive(page)


def test_a_device_that_falls_silent_turns_hollow_on_the_map(calm: SampleWard, chromium: Browser) -> None:
    """Silence never looks like health."""
    with served(calm) as url, visitor(chromium) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        dot = page.locator("[data-device=fld-014]")
        expect(dot).to_have_class("dot online")
        now_ms = calm.clock.now_ms()
        calm.hear([Presence("fld-014", WARD, PresenceState.OFFLINE, now_ms, "silent", now_ms)])

        expect(dot).to_have_class("dot offline")
        expect(page.locator("#health li", has_text="Ngập đường")).to_contain_text("1 mất")


def test_without_scripts_everything_can_still_be_done(busy: SampleWard, chromium: Browser) -> None:
    """An old phone, a broken script: the alert must still be read, taken, commented on and closed."""
    watched = Watched()
    with served(busy) as url, visitor(chromium, scripts=False, watched=watched) as page:
        log_in(page, url, username="an", password=PASSWORD)
        expect(page.locator("#link")).to_contain_text("Trang tĩnh")
        page.locator(".seg [data-filter=new]").click()
        expect(page.locator(".row:visible")).to_have_count(6)
        page.locator(".row:visible .main").nth(1).click()
        expect(page.locator("#detail")).to_contain_text("Mở tủ điện")
        page.locator("#do-accept").click()
        expect(page.locator("#detail .sv")).to_have_text("Cao · Đã nhận · Nguyễn Minh An")
        page.locator("#do-comment summary").click()
        page.fill("#do-comment textarea", "Đang cử người")
        page.locator("#do-comment .pri").click()
        expect(page.locator("#detail")).to_contain_text("Nguyễn Minh An: Đang cử người")
        page.locator("#do-finish summary").click()
        page.fill("#do-finish textarea", "Đã đóng tủ")
        page.fill("#do-finish [name=override_reason]", "Cảm biến cửa hỏng")
        page.locator("#do-finish .pri").click()
        expect(page.locator("#detail .sv")).to_contain_text("Đã xong")
        page.get_by_role("button", name="Đăng xuất").click()
        expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    assert watched.foreign == []
    assert watched.complaints == []


def test_on_a_phone_one_tap_opens_the_card_and_another_the_whole(busy: SampleWard, chromium: Browser) -> None:
    """A patrol in the street has one thumb."""
    watched = Watched()
    with served(busy) as url, visitor(chromium, size=PHONE, watched=watched) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        expect(page.locator("#map-panel")).to_be_hidden()
        card = page.locator(".row", has_text="Mở tủ điện")
        expect(card.locator(".mob")).to_be_hidden()
        card.locator(".main").click()
        expect(card.locator(".mob")).to_be_visible()
        card.get_by_role("link", name="Chi tiết").click()
        expect(page.locator("#detail")).to_be_visible()
        expect(page.locator("#h-detail")).to_have_text("Mở tủ điện")
        page.locator("#do-accept").click()
        expect(page.locator("#detail .sv")).to_contain_text("Đã nhận")
        expect(page.locator("#detail")).to_be_visible()
        page.get_by_role("link", name="Về hàng chờ").click()
        expect(page.locator("#detail")).to_be_hidden()
        expect(card).to_contain_text("Nguyễn Minh An")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0]
    assert watched.foreign == []
    assert watched.complaints == []


def test_on_a_phone_what_is_over_has_its_button_for_the_result(busy: SampleWard, chromium: Browser) -> None:
    """Who stands at the drain with the water gone writes so there; and sees at once in which profile this runs."""
    with served(busy) as url, visitor(chromium, size=PHONE) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        card = page.locator(".row.over")
        card.locator(".main").click()
        card.get_by_role("link", name="Ghi kết quả", exact=True).click()
        page.fill("#do-finish textarea", "Nước đã rút")
        page.locator("#do-finish .pri").click()

        expect(page.locator("#detail .sv")).to_contain_text("Đã xong")


def test_the_profile_and_the_footage_are_in_sight_on_the_wall_and_on_a_phone(tmp_path: Path, chromium: Browser) -> None:
    """A demonstration is never mistaken for a ward's night, on whatever screen."""
    with calm_ward(tmp_path, clock=SystemClock(), profile="demo") as ward, served(ward) as url:
        for size, part in ((WALL, "#map-panel"), (PHONE, "#queue")):
            with visitor(chromium, size=size) as page:
                log_in(page, url, username="an", password=PASSWORD)
                expect(page.locator(".badge")).to_be_visible()
                expect(page.locator(f"{part} .ftg")).to_be_visible()
                expect(page.locator(f"{part} .ftg")).to_contain_text("Camera phát cảnh quay sẵn")


@pytest.mark.parametrize(("size", "language"), list(itertools.product([WALL, PHONE], ["vi", "en"])))
def test_axe_finds_nothing_and_nothing_leaves_the_host(
    busy: SampleWard, chromium: Browser, size: tuple[int, int], language: str
) -> None:
    """Usable by everybody, in both languages, on both screens; and a ward's screen calls nobody."""
    watched = Watched()
    with served(busy) as url, visitor(chromium, size=size, watched=watched) as page:
        page.goto(f"{url}/login?lang={language}")
        faults = accessibility_faults(page)
        log_in(page, url, username="an", password=PASSWORD, language=language)
        expect(page.locator("#link")).to_have_text({"vi": "Trực tiếp", "en": "Live"}[language])
        faults += accessibility_faults(page)
        if size == PHONE:
            page.get_by_role("link", name={"vi": "Chi tiết", "en": "Details"}[language]).click()
        page.locator("#do-finish summary").click()
        faults += accessibility_faults(page)
    assert faults == []
    assert watched.foreign == []
    assert watched.complaints == []


def test_a_deed_that_fails_leaves_the_row_and_says_why(busy: SampleWard, chromium: Browser) -> None:
    """A dead server must not look like a taken alert."""

    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body='{"detail": "kho dữ liệu đang bận"}')

    with served(busy) as url, visitor(chromium) as page:
        log_in(page, url, username="an", password=PASSWORD)
        alive(page)
        page.route("**/acknowledge*", refuse)
        page.locator("#do-accept").click()

        expect(page.locator("#detail .said")).to_contain_text("kho dữ liệu đang bận")
        expect(page.locator(".row").first).to_contain_text("Chưa nhận")
