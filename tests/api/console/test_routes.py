"""The console as a browser without scripts meets it: every state, both languages, deeds as forms, errors as pages."""

from __future__ import annotations

import re

import msgspec
import pytest
from fastapi.testclient import TestClient

from smartward.alert import Condition, Deed
from smartward.catalogue.model import Profile
from smartward.device import Device, Presence, PresenceState, Ward
from smartward.instants import HOUR_MS
from tests.api.console.conftest import visit
from tests.api.console.sample_ward import NOW_MS, WARD, SampleWard, flood_alert

HTMX = {"HX-Request": "true"}


def text_of(html: str) -> str:
    """Give what a page says, without its marks and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def shown_ids(html: str) -> list[str]:
    """List the alerts that the filter shows, in order."""
    return [
        found[1]
        for found in re.finditer(r'<li class="row [^"]*" id="(\w+)"([^>]*)>', html)
        if " hidden" not in found[2]
    ]


class TestStates:
    """Each state of the screen says what is known, and nothing else."""

    def test_first_run_names_the_command(self, empty: SampleWard) -> None:
        """A newcomer is not left before an empty wall."""
        said = text_of(visit(empty).get("/").text)

        assert "Không có cảnh báo đang mở" in said
        assert "smartward demo" in said
        assert "chưa có dữ liệu" in said

    def test_an_empty_queue_says_when_the_last_alert_was_and_how_much_is_heard(self, calm: SampleWard) -> None:
        """Nothing to do must be a fact, not an absence."""
        old = msgspec.structs.replace(
            flood_alert(NOW_MS - 3 * HOUR_MS), condition=Condition.CLEARED, cleared_ms=NOW_MS - 2 * HOUR_MS
        )
        calm.raise_alert(old)
        calm.do(old.id, Deed.RESOLVE, person="an", at_ms=NOW_MS - HOUR_MS, outcome="done", note="Nước rút")
        page = visit(calm).get("/").text

        assert "Cảnh báo gần nhất: Ngập 50 cm: chặn đường, sơ tán, Hẻm 48 Bến Đò · Khu phố 3, bắt đầu 11:31:04" in (
            text_of(page)
        )
        assert re.search(r"19\d trong 211 thiết bị đang được nghe thấy", text_of(page))
        assert shown_ids(page) == []

    def test_a_silent_ward_is_not_drawn_as_a_calm_one(self, calm: SampleWard) -> None:
        """Nothing heard and no alert is the worst state that looks like the best."""
        devices = calm.services.registry.devices()
        calm.hear([Presence(d.id, WARD, PresenceState.OFFLINE, NOW_MS, "silent", NOW_MS) for d in devices])
        page = visit(calm).get("/").text

        assert "Không nghe thấy thiết bị nào. Im lặng không có nghĩa là an toàn." in text_of(page)
        assert 'href="#i-calm"' not in page

    def test_a_new_alert_is_filled_and_counts_down(self, busy: SampleWard) -> None:
        """Two minutes to acknowledge a critical one; 56 seconds are left."""
        page = visit(busy).get("/").text
        first = shown_ids(page)[0]

        assert re.search(rf'<li class="row sev-critical new" id="{first}"[^>]*aria-current="true"', page)
        assert "Ngập 50 cm: chặn đường, sơ tán" in page
        assert "Nhận trong 0:56" in text_of(page)
        assert "Quá hạn 7 ph" in text_of(page)
        assert 'class="g sev-critical" width="22"' in page

    def test_an_acknowledged_one_is_hollow_and_names_who_has_it(self, busy: SampleWard) -> None:
        """Who has it is the second question in the room."""
        page = visit(busy).get("/").text

        assert re.search(r'class="row sev-critical accepted".*?hollow.*?Đã nhận.*?Lê Thu Hà', page, re.DOTALL)
        assert "Đang xử lý Lê Thu Hà Xong trong 1 giờ" in text_of(page)

    def test_what_is_over_waits_grey_for_a_word(self, busy: SampleWard) -> None:
        """High and critical do not vanish by themselves."""
        page = visit(busy).get("/").text

        assert re.search(r'class="row sev-high over".*?Nước dâng nhanh.*?Đã hết, chờ ghi kết quả', page, re.DOTALL)

    def test_the_header_lights_up_for_what_fires_and_counts_apart_what_is_over(self, busy: SampleWard) -> None:
        """A lit number that nobody can put out by going there is soon not looked at."""
        page = visit(busy).get("/").text
        tally = text_of(page[page.index('id="tally"') : page.index('id="kpi"')])

        assert "3 Cao +1 đã hết" in tally
        assert "2 Khẩn cấp 3 Cao" in tally
        assert "Chưa nhận 6" in text_of(page[page.index('id="kpi"') :])

    def test_a_severity_whose_alerts_are_all_over_is_not_lit(self, calm: SampleWard) -> None:
        """One cleared alert that awaits a word: zero, unlit, and one beside it."""
        calm.raise_alert(msgspec.structs.replace(flood_alert(NOW_MS), condition=Condition.CLEARED, cleared_ms=NOW_MS))
        page = visit(calm).get("/").text

        assert 'class="sev-critical zero"' in page
        assert "0 Khẩn cấp +1 đã hết" in text_of(page)
        assert "Chưa nhận 0" in text_of(page[page.index('id="kpi"') :])

    def test_the_rate_of_a_young_ward_says_how_long_it_has_been_observed(self, busy: SampleWard) -> None:
        """The first alert was five and a half hours ago; before that nobody listened."""
        client = visit(busy)

        assert re.search(r"mỗi 10 phút trong 5 giờ[^·]* đã theo dõi · mục tiêu", text_of(client.get("/").text))

    def test_unknown_devices_are_counted_apart_from_good_and_lost(self, calm: SampleWard) -> None:
        """A device that never spoke is neither well nor broken."""
        page = visit(calm).get("/").text

        crowd = page[page.index('title="Đám đông"') :][:900]
        assert "0/1" in crowd
        assert "1 chưa rõ" in crowd
        assert 'class="dot unknown" data-device="crd-007"' in page
        assert re.search(r'class="dot offline" data-device="gw-04"', page)

    def test_an_old_value_carries_its_age_and_no_value_is_a_dash(self, busy: SampleWard) -> None:
        """Silence is not drawn as the last good value."""
        client = visit(busy)
        busy.pass_time(seconds=3600)
        ids = shown_ids(client.get("/").text)
        flood = text_of(client.get(f"/alerts/{ids[0]}", headers=HTMX).text)

        assert re.search(r"Độ sâu ngập, 60 phút 5\d(,\d)? cm 1 giờ trước", flood)
        crowd = next(a for a in ids if "Đám đông" in client.get(f"/alerts/{a}", headers=HTMX).text)
        assert "Mật độ người, 60 phút –" in text_of(client.get(f"/alerts/{crowd}", headers=HTMX).text)
        assert "Không có dữ liệu trong 60 phút qua" in client.get(f"/alerts/{crowd}", headers=HTMX).text

    def test_the_chart_ends_at_the_newest_value_itself(self, busy: SampleWard) -> None:
        """A mean of the last minute would draw rising water below the threshold that it has passed."""
        busy.pass_time(seconds=2)
        busy.measure("fld-014", {"depth": 0.9}, at_ms=NOW_MS + 1_000)
        client = visit(busy)
        flood = client.get(f"/alerts/{shown_ids(client.get('/').text)[0]}", headers=HTMX).text

        assert "mới nhất 90 cm" in flood
        assert "Độ sâu ngập, 60 phút 90 cm" in text_of(flood)
        assert "nghe lần cuối 1 s trước" in text_of(flood)

    def test_a_gap_in_the_hour_is_said_under_the_chart(self, busy: SampleWard) -> None:
        """The station was silent for ten minutes; the line shows it and the page says it."""
        client = visit(busy)
        page = client.get("/").text
        air = re.search(r'id="(\w+)"[^>]*data-find="pm2\.5', page)
        assert air is not None

        assert "Chỗ đứt nét là lúc không có dữ liệu" in client.get(f"/alerts/{air[1]}", headers=HTMX).text

    def test_a_camera_says_what_it_plays_and_why_there_is_no_picture(self, busy: SampleWard) -> None:
        """Footage is never passed off as the street."""
        client = visit(busy)
        ids = shown_ids(client.get("/").text)
        fire = text_of(client.get(f"/alerts/{ids[1]}", headers=HTMX).text)

        assert "Đang phát cảnh quay vtest.avi (OpenCV, quảng trường)" in fire
        assert "Ảnh sự kiện chưa bật" in fire

    @pytest.mark.parametrize(
        ("address", "sentence"),
        [
            ("/", "Camera phát cảnh quay sẵn, không phải hình trực tiếp: vtest.avi (OpenCV, quảng trường)"),
            ("/?lang=en", "Cameras play recorded footage, not the street: vtest.avi"),
        ],
    )
    def test_the_screen_itself_says_what_the_cameras_play(self, calm: SampleWard, address: str, sentence: str) -> None:
        """Who looks at the wall need not open a camera's alert to learn that it is footage."""
        page = visit(calm).get(address).text

        assert page.count(f'class="ftg">{sentence}') == 1
        assert sentence in text_of(page[page.index('id="map-panel"') :])

    def test_a_clip_is_named_once_and_one_that_no_camera_here_plays_is_not(self, empty: SampleWard) -> None:
        """Footage of a camera that is not registered in this ward says nothing about it."""
        assert 'class="ftg"' not in visit(empty).get("/").text

    def test_a_device_that_never_spoke_is_unknown_in_its_alert_too(self, busy: SampleWard) -> None:
        """The queue says what is wrong, the card says how sure we are."""
        client = visit(busy)
        ids = shown_ids(client.get("/").text)
        crowd = next(a for a in ids if "Đám đông" in client.get(f"/alerts/{a}", headers=HTMX).text)

        assert "Chưa rõ · chưa từng gửi dữ liệu" in text_of(client.get(f"/alerts/{crowd}", headers=HTMX).text)

    def test_another_wards_alert_is_not_there(self, busy: SampleWard) -> None:
        """A hundred wards run this code, each sees only its own."""
        busy.services.registry.put_ward(Ward("other", "Phường Khác"))
        alert = busy.raise_alert(msgspec.structs.replace(flood_alert(NOW_MS), id="aother0001", ward="other"))
        client = visit(busy)

        assert alert not in client.get("/").text
        assert f"Không tìm thấy cảnh báo {alert}" in client.get(f"/?alert={alert}").text
        assert client.get(f"/alerts/{alert}", headers=HTMX).status_code == 404
        assert client.post(f"/alerts/{alert}/acknowledge").status_code == 404

    def test_the_map_labels_the_severe_with_what_matters_most(self, busy: SampleWard) -> None:
        """How deep, how many, or the first words of what it is."""
        page = visit(busy).get("/").text
        labels = re.findall(r'<rect class="lb".*?<text[^>]*>([^<]+)</text>', page)

        assert set(labels) == {"52 cm", "Khói, lửa", "Mở tủ điện", "6 mất kết nối", "31 cm", "16 cm"}

    def test_the_detail_tells_the_whole_story(self, busy: SampleWard) -> None:
        """What to do, who was told, what was done, and on what the threshold rests."""
        client = visit(busy)
        flood = text_of(client.get("/").text)

        assert "Ban Chỉ huy Phòng thủ dân sự sơ tán ngay người ở tầng trệt" in flood
        assert "Ghi vào tệp thông báo cho: Ban Chỉ huy Phòng thủ dân sự phường, Trực ban Công an phường" in flood
        assert "14:31:04 Bắt đầu báo động" in flood
        assert "Nguồn ngưỡng: đề xuất mặc định, chưa kiểm chứng" in flood
        assert "ngưỡng 50 cm" in flood
        assert "96,4 %" in flood

    def test_a_profile_other_than_normal_is_named_on_the_screen(self, calm: SampleWard) -> None:
        """Nobody may mistake a demonstration for a ward's night."""
        assert 'class="badge"' not in visit(calm).get("/").text
        catalogue = msgspec.structs.replace(
            calm.services.catalogue, profile=Profile(name="demo", vi="Trình diễn", en="Demonstration")
        )
        object.__setattr__(calm.services, "catalogue", catalogue)

        assert 'class="badge"' in (page := visit(calm).get("/").text)
        assert "Trình diễn" in page
        assert "smartward demo" in visit(calm).get("/login").text

    def test_who_is_logged_in_is_not_called_on_duty(self, calm: SampleWard) -> None:
        """There are no shifts yet: that somebody has logged in does not say that they answer for the ward."""
        client = visit(calm)

        assert "Đăng nhập Nguyễn Minh An" in text_of(client.get("/").text)
        assert "Logged in Nguyễn Minh An" in text_of(client.get("/?lang=en").text)

    def test_everything_is_escaped(self, calm: SampleWard) -> None:
        """A device's name is input from outside."""
        calm.services.registry.put_device(
            Device("fld-014", WARD, "gw-02", "flood_road", "<script>x</script>", "hem-48")
        )
        calm.raise_alert(flood_alert(NOW_MS))
        page = visit(calm).get("/").text

        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page


class TestFilters:
    """Filters are in the address and work without scripts."""

    @pytest.mark.parametrize(("name", "count"), [("all", 10), ("new", 6), ("mine", 2)])
    def test_a_filter_shows_what_it_says(self, busy: SampleWard, name: str, count: int) -> None:
        """And the first of what it shows is in detail."""
        page = visit(busy).get(f"/?filter={name}").text

        ids = shown_ids(page)
        assert len(ids) == count
        assert f'data-alert="{ids[0]}" aria-labelledby' in page

    def test_an_empty_filter_says_why(self, calm: SampleWard) -> None:
        """`Of mine: none` is not `no alert`."""
        alert = calm.raise_alert(flood_alert(NOW_MS))
        client = visit(calm)

        assert 'id="none-mine" data-when="mine">' in client.get("/?filter=mine").text
        calm.do(alert, Deed.ACKNOWLEDGE, person="ha", at_ms=NOW_MS)
        assert 'id="none-new" data-when="new">' in client.get("/?filter=new").text

    def test_links_keep_filter_and_language(self, busy: SampleWard) -> None:
        """One click must not throw a person back to Vietnamese or to all."""
        page = visit(busy).get("/?filter=new&lang=en").text

        assert re.search(r'href="/\?lang=en&amp;alert=\w+&amp;filter=new"', page)
        assert 'href="/?filter=new"' in page
        assert 'action="/alerts/' in page
        assert "acknowledge?lang=en" in page


class TestDeeds:
    """A deed is a form; who has no script is led back, who has gets the part that changed."""

    def test_acknowledging_leads_back_to_the_alert(self, busy: SampleWard) -> None:
        """303, so that reloading does not do it twice."""
        client = visit(busy)
        alert = shown_ids(client.get("/").text)[0]

        led = client.post(f"/alerts/{alert}/acknowledge", follow_redirects=False)

        assert (led.status_code, led.headers["location"]) == (303, f"/?alert={alert}")
        assert "Đã nhận · Nguyễn Minh An" in text_of(client.get(led.headers["location"]).text)

    def test_the_second_is_told_who_was_first_in_the_row(self, busy: SampleWard) -> None:
        """409 with a name and a time, where the person looks."""
        an, ha = visit(busy), visit(busy, username="ha")
        alert = shown_ids(an.get("/").text)[0]
        ha.post(f"/alerts/{alert}/acknowledge")

        row = an.post(f"/alerts/{alert}/acknowledge", headers=HTMX | {"HX-Target": f"li#{alert}"})
        detail = an.post(f"/alerts/{alert}/acknowledge", headers=HTMX | {"HX-Target": "section#detail"})
        page = an.post(f"/alerts/{alert}/acknowledge")

        for answer in (row, detail, page):
            assert answer.status_code == 409
            assert "Lê Thu Hà đã nhận trước, lúc 14:32:08." in answer.text
        assert row.text.lstrip().startswith(f'<li class="row sev-critical accepted" id="{alert}"')
        assert f'<hx-partial hx-target="#{alert}"' in detail.text
        assert page.text.startswith("<!doctype html>")

    def test_closing_what_still_fires_needs_a_reason(self, busy: SampleWard) -> None:
        """And closing without a word needs a word."""
        client = visit(busy)
        alert = shown_ids(client.get("/").text)[0]
        path = f"/alerts/{alert}/resolve"

        assert "Hãy ghi lý do đóng" in client.post(path, data={"outcome": "done", "note": "xong"}).text
        silent = client.post(path, data={"outcome": "done", "note": " ", "override_reason": "cảm biến hỏng"})
        assert silent.status_code == 422
        assert "Cần một câu ghi chú" in silent.text
        done = client.post(path, data={"outcome": "false_alarm", "note": "Rửa đường", "override_reason": "thử"})
        assert done.status_code == 200
        assert "Báo nhầm" in done.text
        assert "Nguyễn Minh An ghi: báo nhầm. Rửa đường Đóng khi còn báo động: thử" in text_of(done.text)

    def test_a_comment_needs_words_and_is_in_the_story(self, busy: SampleWard) -> None:
        """An empty comment says nothing."""
        client = visit(busy)
        alert = shown_ids(client.get("/").text)[0]

        assert client.post(f"/alerts/{alert}/comment", data={"text": ""}).status_code == 422
        said = client.post(
            f"/alerts/{alert}/comment", data={"text": "Đang đến"}, headers=HTMX | {"HX-Target": "section#detail"}
        )
        assert "Nguyễn Minh An: Đang đến" in said.text

    def test_who_may_only_look_sees_no_buttons_and_may_not_act(self, busy: SampleWard) -> None:
        """What a viewer cannot do is not offered, and not done."""
        client = visit(busy, username="khach")
        page = client.get("/").text
        alert = shown_ids(page)[0]

        assert "/acknowledge" not in page
        assert "Tài khoản chỉ xem" in page
        refused = client.post(f"/alerts/{alert}/acknowledge")
        assert refused.status_code == 403
        assert "Tài khoản của bạn không được làm việc này." in refused.text


class TestDoor:
    """The way in, the way out, and pages for what went wrong."""

    def test_nobody_sees_the_screen_without_logging_in(self, calm: SampleWard) -> None:
        """And is led to the door, which is open."""
        client = visit(calm)
        client.cookies.clear()

        led = client.get("/", follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, "/login")
        assert client.get("/pulse", headers={"Accept": "*/*"}).status_code == 401

    def test_a_wrong_password_says_so_and_a_lock_says_for_how_long(self, calm: SampleWard) -> None:
        """Without telling which of the two was wrong."""
        client = visit(calm)
        client.cookies.clear()
        answers = [client.post("/login", data={"username": "ha", "password": "x"}) for _ in range(6)]

        assert answers[0].status_code == 401
        assert "Sai tên đăng nhập hoặc mật khẩu." in answers[0].text
        assert 'value="ha"' in answers[0].text
        assert answers[-1].status_code == 429
        assert "Thử lại sau 5 phút" in answers[-1].text

    def test_leaving_ends_the_session(self, calm: SampleWard) -> None:
        """A shared computer is the rule in a duty room."""
        client = visit(calm)
        token = client.cookies["smartward_session"]

        assert "Đăng nhập" in client.post("/logout").text
        client.cookies.set("smartward_session", token, domain="ward.test")
        assert client.get("/", follow_redirects=False).status_code == 303

    @pytest.mark.parametrize("path", ["/nothing", "/alerts/azzzzzzzzz", "/?ward=elsewhere"])
    def test_what_is_not_there_is_a_page_for_people_and_a_problem_for_programs(
        self, calm: SampleWard, path: str
    ) -> None:
        """The same refusal, each in the words of whoever asks."""
        client = visit(calm)

        page = client.get(path)
        assert page.status_code == 404
        assert "Không có trang này, hoặc bạn không được xem." in page.text
        problem = client.get(path, headers={"Accept": "application/json"})
        assert problem.headers["content-type"] == "application/problem+json"

    def test_an_alert_that_is_gone_is_said_beside_the_queue(self, busy: SampleWard) -> None:
        """A link from yesterday's message still opens the screen."""
        page = visit(busy).get("/?alert=azzzzzzzzz")

        assert page.status_code == 200
        assert "Không tìm thấy cảnh báo azzzzzzzzz" in page.text
        assert "Cảnh báo gần đây" in page.text

    def test_pages_are_never_kept_and_carry_the_strict_policy(self, busy: SampleWard) -> None:
        """A screen from a cache would be a lie; a policy with holes would be none."""
        answer = visit(busy).get("/")

        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_whole_screen_is_there_in_english(busy: SampleWard) -> None:
    """`?lang=en` is complete: no Vietnamese but names and what people wrote."""
    page = text_of(visit(busy).get("/?lang=en").text)

    for said in ("Operations centre", "Flooded 50 cm: close the road, evacuate", "Acknowledge in 0:56", "96.4 %"):
        assert said in page
    for said in ("Chưa nhận", "Cần làm", "Sức khỏe", "Nhịp cảnh báo", "Khẩn cấp", "Trực ban"):
        assert said not in page


def test_a_pulse_brings_every_part_that_time_changes(busy: SampleWard) -> None:
    """Once a minute a page mends itself."""
    answer = visit(busy).get("/pulse", headers=HTMX)

    assert re.findall(r'hx-target="([^"]+)"', answer.text) == ["#tally", "#kpi", "#rate", "#health", "#calm"]


def test_a_chart_can_be_read_alone(busy: SampleWard) -> None:
    """It is asked for every ten seconds while the alert fires."""
    client: TestClient = visit(busy)
    alert = shown_ids(client.get("/").text)[0]

    chart = client.get(f"/alerts/{alert}/chart", headers=HTMX).text
    assert chart.lstrip().startswith('<div class="lvl" id="chart"')
    assert 'hx-trigger="every 10s"' in chart
