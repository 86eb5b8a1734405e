"""Every word of the console, in Vietnamese and in English.

One frozen type with a field a message, built once per language: a message that is missing in either language
does not type-check and does not start. `{name}` in a message is filled by `str.format`. What devices measure
and what rules say comes from the catalogue, not from here.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Language = Literal["vi", "en"]


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """All messages of one language; `language` is also the page's `lang`."""

    language: Language

    # the frame
    centre: str
    screens: str
    duty: str
    skip: str
    sign_out: str
    other_language: str
    other_language_name: str
    keys_help: str
    profile_note: str
    open_by_severity: str
    firing_by_severity: str
    over_more: str
    satisfaction_today: str
    no_data_yet: str
    unacknowledged: str
    overdue: str
    logged_in: str
    live: str
    connecting: str
    lost: str
    lost_trying: str
    lost_stamp: str
    without_script: str
    signed_out: str

    # severities
    critical: str
    high: str
    medium: str
    low: str
    informational: str

    # states
    new: str
    acknowledged: str
    in_progress: str
    over: str
    over_awaits: str
    done: str
    false_alarm: str
    accept_within: str
    finish_within: str
    late_by: str
    no_deadline: str

    # queue
    queue: str
    filter_label: str
    all_: str
    mine: str
    search: str
    search_hint: str
    search_none: str
    row_keys_select: str
    row_keys_accept: str
    row_keys_done: str
    row_keys_comment: str
    row_keys_search: str
    row_keys_help: str
    none_open: str
    none_open_detail: str
    never_any: str
    none_new: str
    none_mine: str
    first_run: str
    first_run_command: str
    devices_explained: str
    nothing_heard: str

    # deeds
    accept: str
    finish: str
    comment: str
    directions: str
    details: str
    back_to_queue: str
    outcome: str
    outcome_done: str
    outcome_false: str
    note: str
    note_hint: str
    note_needed: str
    override: str
    override_hint: str
    save_finish: str
    comment_text: str
    save_comment: str
    read_only: str
    first_was: str
    first_started: str
    first_closed: str
    still_firing: str
    deed_failed: str
    unknown_alert: str

    # detail
    recent: str
    started: str
    value_now: str
    threshold_is: str
    last_hour: str
    chart_label: str
    chart_none: str
    chart_gap: str
    to_do: str
    no_steps: str
    what_happened: str
    happened_raised: str
    happened_over: str
    happened_acknowledge: str
    happened_start: str
    happened_assign: str
    happened_comment: str
    happened_verify: str
    happened_resolve_done: str
    happened_resolve_false: str
    happened_reopen: str
    happened_overridden: str
    notice_sent: str
    notice_filed: str
    notice_shown: str
    notice_queued: str
    notice_failed: str
    device: str
    device_gateway: str
    device_heard: str
    device_never: str
    camera_plays: str
    camera_plays_nothing: str
    cameras_play: str
    no_snapshot: str
    source_of_rule: str
    source_proposed: str
    inhibits: str

    # why an alert is over
    reason_recovered: str
    reason_heard: str
    reason_hours: str
    reason_inhibited: str
    reason_superseded: str

    # map
    map_: str
    map_label: str
    map_none: str
    legend_accepted: str
    legend_device: str
    legend_camera: str
    legend_weak: str
    legend_lost: str
    legend_unknown: str

    # below the map
    rate: str
    rate_per: str
    rate_short: str
    rate_target: str
    rate_flood: str
    rate_label: str
    health: str
    health_good: str
    health_all_good: str
    health_weak: str
    health_lost: str
    health_unknown: str

    # presence
    online: str
    stale: str
    offline: str
    unknown: str

    # times
    seconds: str
    minutes: str
    hours: str
    days: str
    ago: str
    weekdays: tuple[str, str, str, str, str, str, str]

    # keys
    keys: str
    keys_move: str
    keys_open: str
    keys_accept: str
    keys_finish: str
    keys_comment: str
    keys_search: str
    keys_help_line: str
    keys_back: str
    keys_on: str
    keys_note: str
    close: str

    # login and errors
    login_title: str
    login_lead: str
    username: str
    passwords: str
    sign_in: str
    wrong_login: str
    locked: str
    demo_hint: str
    error_title: str
    error_not_found: str
    error_forbidden: str
    error_store: str
    error_other: str
    error_refused: str
    error_remedy: str
    to_duty: str


VI = Texts(
    language="vi",
    centre="Trung tâm điều hành",
    screens="Màn hình",
    duty="Trực ban",
    skip="Đến hàng chờ xử lý",
    sign_out="Đăng xuất",
    other_language="en",
    other_language_name="English",
    keys_help="Phím tắt",
    profile_note="Hồ sơ vận hành: {name}. Khoảng đo và thời gian chờ ngắn hơn bình thường.",
    open_by_severity="Cảnh báo đang mở theo mức độ",
    firing_by_severity="Cảnh báo đang báo động theo mức độ",
    over_more="đã hết",
    satisfaction_today="Hài lòng hôm nay",
    no_data_yet="chưa có dữ liệu",
    unacknowledged="Chưa nhận",
    overdue="Quá hạn",
    logged_in="Đăng nhập",
    live="Trực tiếp",
    connecting="Đang kết nối",
    lost="Mất kết nối, thử lại sau {s} s",
    lost_trying="Mất kết nối, đang thử lại",
    lost_stamp="Dữ liệu lúc {time}, không còn cập nhật",
    without_script="Trang tĩnh, tải lại để cập nhật",
    signed_out="Phiên đăng nhập đã hết. Đăng nhập lại",
    critical="Khẩn cấp",
    high="Cao",
    medium="Trung bình",
    low="Thấp",
    informational="Thông tin",
    new="Chưa nhận",
    acknowledged="Đã nhận",
    in_progress="Đang xử lý",
    over="Hết báo động",
    over_awaits="Đã hết, chờ ghi kết quả",
    done="Đã xong",
    false_alarm="Báo nhầm",
    accept_within="Nhận trong {time}",
    finish_within="Xong trong {time}",
    late_by="Quá hạn {time}",
    no_deadline="Trong ca",
    queue="Hàng chờ xử lý",
    filter_label="Lọc hàng chờ",
    all_="Tất cả",
    mine="Của tôi",
    search="Tìm trong hàng chờ",
    search_hint="Tìm, không cần dấu",
    search_none="Không có cảnh báo nào khớp “{text}”",
    row_keys_select="chọn",
    row_keys_accept="nhận",
    row_keys_done="xong",
    row_keys_comment="bình luận",
    row_keys_search="tìm",
    row_keys_help="phím tắt",
    none_open="Không có cảnh báo đang mở",
    none_open_detail="Cảnh báo gần nhất: {title}, {place}, bắt đầu {time}",
    never_any="Chưa có cảnh báo nào từ khi hệ thống bắt đầu ghi",
    none_new="Mọi cảnh báo đang mở đều đã có người nhận",
    none_mine="Bạn chưa nhận cảnh báo nào đang mở",
    first_run="Chưa có thiết bị nào được đăng ký. Để xem một phường mẫu đang hoạt động, chạy lệnh:",
    first_run_command="smartward demo",
    devices_explained="{online} trong {all} thiết bị đang được nghe thấy",
    nothing_heard="Không nghe thấy thiết bị nào. Im lặng không có nghĩa là an toàn.",
    accept="Nhận xử lý",
    finish="Xong",
    comment="Bình luận",
    directions="Chỉ đường",
    details="Chi tiết",
    back_to_queue="Về hàng chờ",
    outcome="Kết quả",
    outcome_done="Đã xử lý xong",
    outcome_false="Báo nhầm",
    note="Ghi chú",
    note_hint="Đã làm gì, hiện trường ra sao",
    note_needed="Cần một câu ghi chú: đã làm gì, hiện trường ra sao.",
    override="Lý do đóng khi còn báo động",
    override_hint="Bắt buộc, vì thiết bị vẫn đang báo",
    save_finish="Ghi kết quả",
    comment_text="Nội dung",
    save_comment="Gửi bình luận",
    read_only="Tài khoản chỉ xem: không nhận được cảnh báo.",
    first_was="{name} đã nhận trước, lúc {time}.",
    first_started="{name} đã bắt đầu xử lý trước, lúc {time}.",
    first_closed="{name} đã ghi kết quả trước, lúc {time}.",
    still_firing="Thiết bị vẫn đang báo. Hãy ghi lý do đóng rồi lưu lại.",
    deed_failed="Không lưu được: {why}. Hàng chờ giữ nguyên, hãy thử lại.",
    unknown_alert="Không tìm thấy cảnh báo {id}",
    recent="Cảnh báo gần đây",
    started="Bắt đầu {time}",
    value_now="Hiện tại",
    threshold_is="ngưỡng {value}",
    last_hour="{quantity}, 60 phút",
    chart_label="{quantity} trong 60 phút: thấp nhất {low}, cao nhất {high}, mới nhất {last}",
    chart_none="Không có dữ liệu trong 60 phút qua",
    chart_gap="Chỗ đứt nét là lúc không có dữ liệu",
    to_do="Cần làm",
    no_steps="Quy tắc này chưa có hướng dẫn xử lý.",
    what_happened="Diễn biến",
    happened_raised="Bắt đầu báo động",
    happened_over="Hết báo động: {reason}",
    happened_acknowledge="{name} nhận xử lý",
    happened_start="{name} bắt đầu xử lý",
    happened_assign="{name} giao cho {to}",
    happened_comment="{name}: {note}",
    happened_verify="{name} xác minh hiện trường",
    happened_resolve_done="{name} ghi: đã xử lý xong. {note}",
    happened_resolve_false="{name} ghi: báo nhầm. {note}",
    happened_reopen="{name} mở lại",
    happened_overridden="Đóng khi còn báo động: {reason}",
    notice_sent="Đã gửi thông báo tới {to}",
    notice_filed="Ghi vào tệp thông báo cho: {to}",
    notice_shown="Hiện trên màn hình máy chủ cho: {to}",
    notice_queued="Đang gửi thông báo tới {to}",
    notice_failed="Không gửi được thông báo tới {to}: {why}",
    device="Thiết bị",
    device_gateway="qua cổng {gateway}",
    device_heard="nghe lần cuối {time}",
    device_never="chưa từng gửi dữ liệu",
    camera_plays="Đang phát cảnh quay {name}",
    camera_plays_nothing="Không rõ camera đang phát gì",
    cameras_play="Camera phát cảnh quay sẵn, không phải hình trực tiếp: {clips}",
    no_snapshot="Ảnh sự kiện chưa bật: camera chỉ gửi số đếm và sự kiện, không gửi hình.",
    source_of_rule="Nguồn ngưỡng: {source}",
    source_proposed="đề xuất mặc định, chưa kiểm chứng; phường có thể thay đổi",
    inhibits="{n} thiết bị im lặng theo",
    reason_recovered="giá trị đã về mức an toàn",
    reason_heard="đã có dữ liệu trở lại",
    reason_hours="ngoài khung giờ áp dụng",
    reason_inhibited="có nguyên nhân chung đã báo",
    reason_superseded="đã có cảnh báo mức cao hơn",
    map_="Bản đồ phường",
    map_label="Bản đồ phường: {alerts} cảnh báo đang mở, {lost} thiết bị mất kết nối",
    map_none="Chưa có bản đồ phường: đặt [ward] map_file là tệp GeoJSON của phường.",
    legend_accepted="Đã nhận (rỗng)",
    legend_device="Thiết bị",
    legend_camera="Camera",
    legend_weak="Yếu",
    legend_lost="Mất kết nối",
    legend_unknown="Chưa rõ",
    rate="Nhịp cảnh báo, 6 giờ",
    rate_per="mỗi 10 phút",
    rate_short="trong {time} đã theo dõi",
    rate_target="mục tiêu ≤ 1",
    rate_flood="quá tải, 10 trong 10 phút",
    rate_label="Số cảnh báo mỗi 10 phút trong 6 giờ: tổng {total}, 10 phút gần nhất {last}, ngưỡng quá tải 10",
    health="Sức khỏe thiết bị",
    health_good="tốt",
    health_all_good="tốt",
    health_weak="yếu",
    health_lost="mất",
    health_unknown="chưa rõ",
    online="Đang hoạt động",
    stale="Yếu, trễ dữ liệu",
    offline="Mất kết nối",
    unknown="Chưa rõ",
    seconds="{n} s",
    minutes="{n} ph",
    hours="{n} giờ",
    days="{n} ngày",
    ago="{time} trước",
    weekdays=("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    keys="Phím tắt",
    keys_move="Cảnh báo sau, cảnh báo trước",
    keys_open="Mở chi tiết",
    keys_accept="Nhận xử lý",
    keys_finish="Ghi kết quả",
    keys_comment="Bình luận",
    keys_search="Tìm trong hàng chờ",
    keys_help_line="Hiện bảng này",
    keys_back="Quay lại, đóng",
    keys_on="Bật phím tắt một ký tự",
    keys_note="Phím tắt không chạy khi đang gõ trong ô nhập. Lựa chọn này được nhớ trên trình duyệt này.",
    close="Đóng",
    login_title="Đăng nhập",
    login_lead="Bảng điều hành trực ban của phường",
    username="Tên đăng nhập",
    passwords="Mật khẩu",
    sign_in="Đăng nhập",
    wrong_login="Sai tên đăng nhập hoặc mật khẩu.",
    locked="Sai quá nhiều lần. Thử lại sau {minutes} phút.",
    demo_hint="Bản trình diễn: tên đăng nhập và mật khẩu được in ở cửa sổ đã chạy lệnh smartward demo.",
    error_title="Không mở được trang",
    error_not_found="Không có trang này, hoặc bạn không được xem.",
    error_forbidden="Tài khoản của bạn không được làm việc này.",
    error_store="Máy chủ tạm thời không đọc được dữ liệu.",
    error_other="Máy chủ gặp lỗi ngoài dự kiến.",
    error_refused="Yêu cầu không được chấp nhận: {why}",
    error_remedy="Cảnh báo vẫn được xử lý và gửi đi. Thử lại sau ít phút; nếu vẫn lỗi, báo tổ kỹ thuật mã {code}.",
    to_duty="Về màn hình Trực ban",
)

EN = Texts(
    language="en",
    centre="Operations centre",
    screens="Screens",
    duty="Duty",
    skip="Skip to the queue",
    sign_out="Sign out",
    other_language="vi",
    other_language_name="Tiếng Việt",
    keys_help="Keyboard shortcuts",
    profile_note="Operating profile: {name}. Intervals and hold times are shorter than normal.",
    open_by_severity="Open alerts by severity",
    firing_by_severity="Firing alerts by severity",
    over_more="over",
    satisfaction_today="Satisfaction today",
    no_data_yet="no data yet",
    unacknowledged="Unacknowledged",
    overdue="Overdue",
    logged_in="Logged in",
    live="Live",
    connecting="Connecting",
    lost="Connection lost, retrying in {s} s",
    lost_trying="Connection lost, retrying now",
    lost_stamp="Data as of {time}, no longer updated",
    without_script="Static page, reload to update",
    signed_out="Your session has ended. Sign in again",
    critical="Critical",
    high="High",
    medium="Medium",
    low="Low",
    informational="Information",
    new="New",
    acknowledged="Acknowledged",
    in_progress="In progress",
    over="Cleared",
    over_awaits="Over, awaiting a result",
    done="Done",
    false_alarm="False alarm",
    accept_within="Acknowledge in {time}",
    finish_within="Resolve in {time}",
    late_by="Overdue by {time}",
    no_deadline="Within the shift",
    queue="Queue",
    filter_label="Filter the queue",
    all_="All",
    mine="Mine",
    search="Search the queue",
    search_hint="Search, accents ignored",
    search_none="No alert matches “{text}”",
    row_keys_select="move",
    row_keys_accept="ack",
    row_keys_done="resolve",
    row_keys_comment="comment",
    row_keys_search="search",
    row_keys_help="keys",
    none_open="No open alerts",
    none_open_detail="The last one: {title}, {place}, started {time}",
    never_any="There has been no alert since this system began to record",
    none_new="Somebody has acknowledged every open alert",
    none_mine="You have acknowledged none of the open alerts",
    first_run="No device is registered yet. To see a sample ward at work, run:",
    first_run_command="smartward demo",
    devices_explained="{online} of {all} devices are being heard",
    nothing_heard="No device is being heard. Silence does not mean safety.",
    accept="Acknowledge",
    finish="Resolve",
    comment="Comment",
    directions="Directions",
    details="Details",
    back_to_queue="Back to the queue",
    outcome="Outcome",
    outcome_done="Handled",
    outcome_false="False alarm",
    note="Note",
    note_hint="What was done, how it looks on site",
    note_needed="A note is needed: what was done, how it looks on site.",
    override="Reason for closing while it still fires",
    override_hint="Required, because the device still reports it",
    save_finish="Save result",
    comment_text="Text",
    save_comment="Add comment",
    read_only="This account may only look: it cannot acknowledge alerts.",
    first_was="{name} acknowledged it first, at {time}.",
    first_started="{name} started work first, at {time}.",
    first_closed="{name} wrote the result first, at {time}.",
    still_firing="The device still reports it. Give a reason for closing and save again.",
    deed_failed="Not saved: {why}. The queue is unchanged, try again.",
    unknown_alert="There is no alert {id}",
    recent="Recent alerts",
    started="Started {time}",
    value_now="Now",
    threshold_is="threshold {value}",
    last_hour="{quantity}, 60 minutes",
    chart_label="{quantity} over 60 minutes: lowest {low}, highest {high}, latest {last}",
    chart_none="No data in the last 60 minutes",
    chart_gap="Where the line breaks there was no data",
    to_do="What to do",
    no_steps="This rule has no response steps yet.",
    what_happened="What happened",
    happened_raised="Alert raised",
    happened_over="Condition over: {reason}",
    happened_acknowledge="{name} acknowledged",
    happened_start="{name} started work",
    happened_assign="{name} assigned {to}",
    happened_comment="{name}: {note}",
    happened_verify="{name} verified it on site",
    happened_resolve_done="{name} wrote: handled. {note}",
    happened_resolve_false="{name} wrote: false alarm. {note}",
    happened_reopen="{name} reopened it",
    happened_overridden="Closed while still firing: {reason}",
    notice_sent="Notification sent to {to}",
    notice_filed="Written to the notification file for: {to}",
    notice_shown="Shown on the server's own screen for: {to}",
    notice_queued="Sending a notification to {to}",
    notice_failed="Notification to {to} failed: {why}",
    device="Device",
    device_gateway="through gateway {gateway}",
    device_heard="last heard {time}",
    device_never="has never sent data",
    camera_plays="Playing footage {name}",
    camera_plays_nothing="It is not known what this camera plays",
    cameras_play="Cameras play recorded footage, not the street: {clips}",
    no_snapshot="Event pictures are off: the camera sends only counts and events, no picture.",
    source_of_rule="Source of the threshold: {source}",
    source_proposed="a proposed default, not verified; the ward may change it",
    inhibits="{n} devices silent with it",
    reason_recovered="the value is back at a safe level",
    reason_heard="data has come again",
    reason_hours="outside the hours of this rule",
    reason_inhibited="a common cause is already reported",
    reason_superseded="a more severe alert has taken over",
    map_="Ward map",
    map_label="Map of the ward: {alerts} open alerts, {lost} devices offline",
    map_none="There is no ward map: set [ward] map_file to the ward's GeoJSON file.",
    legend_accepted="Acknowledged (hollow)",
    legend_device="Device",
    legend_camera="Camera",
    legend_weak="Weak",
    legend_lost="Offline",
    legend_unknown="Unknown",
    rate="Alert rate, 6 hours",
    rate_per="per 10 minutes",
    rate_short="in the {time} observed",
    rate_target="target ≤ 1",
    rate_flood="overload, 10 in 10 minutes",
    rate_label="Alerts per 10 minutes over 6 hours: {total} in all, {last} in the last 10 minutes, overload at 10",
    health="Device health",
    health_good="good",
    health_all_good="good",
    health_weak="weak",
    health_lost="lost",
    health_unknown="unknown",
    online="Online",
    stale="Weak, data late",
    offline="Offline",
    unknown="Unknown",
    seconds="{n} s",
    minutes="{n} min",
    hours="{n} h",
    days="{n} d",
    ago="{time} ago",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    keys="Keyboard shortcuts",
    keys_move="Next alert, previous alert",
    keys_open="Open the detail",
    keys_accept="Acknowledge",
    keys_finish="Resolve",
    keys_comment="Comment",
    keys_search="Search the queue",
    keys_help_line="Show this list",
    keys_back="Back, close",
    keys_on="Single-key shortcuts are on",
    keys_note="Shortcuts never act while you type in a field. This choice is kept in this browser.",
    close="Close",
    login_title="Sign in",
    login_lead="The ward's duty console",
    username="Username",
    passwords="Password",
    sign_in="Sign in",
    wrong_login="Wrong username or password.",
    locked="Too many wrong attempts. Try again in {minutes} minutes.",
    demo_hint="Demo: username and password are printed in the window that ran smartward demo.",
    error_title="The page could not be opened",
    error_not_found="There is no such page, or you may not see it.",
    error_forbidden="Your account may not do this.",
    error_store="The server cannot read its data right now.",
    error_other="The server met an unexpected error.",
    error_refused="The request was refused: {why}",
    error_remedy="Alerts are still decided and sent. Try again shortly; if it persists, tell a technician: {code}.",
    to_duty="Back to Duty",
)

LANGUAGES: dict[Language, Texts] = {"vi": VI, "en": EN}


def texts_for(language: str | None) -> Texts:
    """Give the texts of a language; anything unknown reads Vietnamese."""
    return EN if language == "en" else VI
