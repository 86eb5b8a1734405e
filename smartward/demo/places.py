"""Places of the invented ward that have names of their own, where they lie, and what stands there."""

from __future__ import annotations

import unicodedata

import msgspec

from smartward.observation import Value


class Place(msgspec.Struct, frozen=True):
    """A named place; `at` is in the hand drawing's units (see ground.py)."""

    name: str
    at: tuple[float, float]


class Fitting(msgspec.Struct, frozen=True):
    """A device that stands at a named place: its type, its number within the type, and its site parameters."""

    type: str
    number: int
    place: str
    params: dict[str, Value] = {}


PLACES = (
    Place("UBND phường Sông Mây", (430, 384)),
    Place("Trung tâm Phục vụ hành chính công", (446, 396)),
    Place("Công an phường", (408, 400)),
    Place("Trạm Y tế phường", (520, 350)),
    Place("Chợ Cầu Mới", (243, 250)),
    Place("Trường TH Hòa Bình", (150, 350)),
    Place("Trường THCS Phượng Vĩ", (640, 300)),
    Place("Trường Mầm non Hoa Sen", (640, 500)),
    Place("Công viên Phượng Vĩ", (480, 233)),
    Place("Quảng trường Sông Mây", (420, 345)),
    Place("Ngã tư Lê Hoa – Hòa Bình", (405, 297)),
    Place("Trạm xe buýt Bến Đò", (352, 480)),
    Place("Cống Đò Ngang", (585, 592)),
    Place("Cầu Đò Ngang", (262, 596)),
    Place("Trạm bơm Đò Ngang", (430, 578)),
    Place("Cổng Cụm công nghiệp Sông Mây", (716, 480)),
    Place("Chùa Mây", (150, 525)),
    Place("Chung cư Hoa Sen", (560, 400)),
    Place("Nhà văn hóa khu phố 2", (290, 160)),
    Place("Hẻm 48 Bến Đò", (296, 522)),
    Place("Hầm chui Hòa Bình", (380, 215)),
    Place("Ngã ba Cầu Mới – Bến Đò", (262, 512)),
    Place("Trũng Đình Mây", (120, 280)),
    Place("Trũng Ao Sen", (470, 330)),
    Place("Ngã tư Phượng Vĩ – Lê Hoa", (590, 252)),
    Place("Cuối phố Vườn Cam", (250, 625)),
    Place("Phố Trạm Bơm đoạn ven kênh", (410, 560)),
    Place("Bãi xe Hoa Sen", (572, 412)),
    Place("Ngõ 9 Xóm Mới", (700, 330)),
    Place("Cổng sau chợ Cầu Mới", (228, 262)),
    Place("Phố Lò Gốm đoạn cuối", (520, 640)),
    Place("Đường Bến Đò đoạn cầu cạn", (600, 440)),
    Place("Ngõ 21 Bạch Mai", (330, 390)),
)

FITTINGS = (
    Fitting("flood_road", 14, "Hẻm 48 Bến Đò"),
    Fitting("flood_road", 1, "Hầm chui Hòa Bình"),
    Fitting("flood_road", 2, "Ngã ba Cầu Mới – Bến Đò"),
    Fitting("flood_road", 3, "Trũng Ao Sen"),
    Fitting("flood_road", 4, "Trũng Đình Mây"),
    Fitting("flood_road", 5, "Ngã tư Phượng Vĩ – Lê Hoa"),
    Fitting("flood_road", 6, "Cuối phố Vườn Cam"),
    Fitting("flood_road", 7, "Phố Trạm Bơm đoạn ven kênh"),
    Fitting("flood_road", 8, "Trường TH Hòa Bình"),
    Fitting("flood_road", 9, "Bãi xe Hoa Sen"),
    Fitting("flood_road", 10, "Ngõ 9 Xóm Mới"),
    Fitting("flood_road", 11, "Cổng sau chợ Cầu Mới"),
    Fitting("flood_road", 12, "Cổng Cụm công nghiệp Sông Mây"),
    Fitting("flood_road", 13, "Phố Lò Gốm đoạn cuối"),
    Fitting("flood_road", 15, "Đường Bến Đò đoạn cầu cạn"),
    Fitting("flood_road", 16, "Ngõ 21 Bạch Mai"),
    Fitting("river_level", 1, "Cống Đò Ngang", {"bd1": 1.4, "bd2": 1.8, "bd3": 2.2}),
    Fitting("river_level", 2, "Cầu Đò Ngang", {"bd1": 1.6, "bd2": 2.0, "bd3": 2.4}),
    Fitting("weather", 1, "UBND phường Sông Mây"),
    Fitting("weather", 2, "Trạm bơm Đò Ngang"),
    Fitting("weather", 3, "Trường THCS Phượng Vĩ"),
    Fitting("air_quality", 1, "UBND phường Sông Mây"),
    Fitting("air_quality", 2, "Cổng Cụm công nghiệp Sông Mây"),
    Fitting("air_quality", 3, "Trường TH Hòa Bình"),
    Fitting("air_quality", 4, "Chợ Cầu Mới"),
    Fitting("air_quality", 5, "Công viên Phượng Vĩ"),
    Fitting("noise", 1, "Trường TH Hòa Bình", {"noise_zone": "special", "road": "minor"}),
    Fitting("noise", 2, "Cổng Cụm công nghiệp Sông Mây", {"noise_zone": "ordinary", "road": "main"}),
    Fitting("noise", 3, "Trạm Y tế phường", {"noise_zone": "special", "road": "minor"}),
    Fitting("noise", 4, "Chùa Mây", {"noise_zone": "special", "road": "lane"}),
    Fitting("crowd_flow", 2, "Chợ Cầu Mới", {"place": "market", "capacity": 260, "area_m2": 420}),
    Fitting("crowd_flow", 3, "Trường TH Hòa Bình", {"place": "school", "capacity": 320, "area_m2": 380}),
    Fitting("crowd_flow", 4, "Trường THCS Phượng Vĩ", {"place": "school", "capacity": 300, "area_m2": 400}),
    Fitting("crowd_flow", 5, "Trung tâm Phục vụ hành chính công", {"place": "centre", "capacity": 90, "area_m2": 160}),
    Fitting("crowd_flow", 6, "Trạm xe buýt Bến Đò", {"place": "station", "capacity": 60, "area_m2": 120}),
    Fitting("crowd_flow", 7, "Công viên Phượng Vĩ", {"place": "market", "capacity": 150, "area_m2": 900}),
    Fitting("crowd_flow", 8, "Trường Mầm non Hoa Sen", {"place": "school", "capacity": 120, "area_m2": 200}),
    Fitting("parking", 1, "UBND phường Sông Mây", {"total_spots": 60, "use": "office"}),
    Fitting("parking", 2, "Chợ Cầu Mới", {"total_spots": 140, "use": "market"}),
    Fitting("parking", 3, "Chung cư Hoa Sen", {"total_spots": 90, "use": "homes"}),
    Fitting("parking", 4, "Công viên Phượng Vĩ", {"total_spots": 45, "use": "market"}),
    Fitting("parking", 5, "Trạm Y tế phường", {"total_spots": 30, "use": "office"}),
    Fitting("service_queue", 1, "Trung tâm Phục vụ hành chính công", {"counters": 6}),
    Fitting("service_queue", 2, "Công an phường", {"counters": 3}),
    Fitting("service_queue", 3, "Trạm Y tế phường", {"counters": 2}),
    Fitting("dossier_kpi", 1, "Trung tâm Phục vụ hành chính công"),
    Fitting("citizen_report", 1, "UBND phường Sông Mây"),
    Fitting("web_service", 1, "UBND phường Sông Mây", {"service": "Cổng dịch vụ công"}),
    Fitting("web_service", 2, "UBND phường Sông Mây", {"service": "Trang thông tin điện tử"}),
    Fitting("web_service", 3, "UBND phường Sông Mây", {"service": "Thư công vụ"}),
    Fitting("web_service", 4, "UBND phường Sông Mây", {"service": "Quản lý văn bản và điều hành"}),
    Fitting("web_service", 5, "UBND phường Sông Mây", {"service": "Ký số tập trung"}),
    Fitting("indoor_air", 1, "Trường TH Hòa Bình"),
    Fitting("indoor_air", 2, "Trường THCS Phượng Vĩ"),
    Fitting("indoor_air", 3, "Trường Mầm non Hoa Sen"),
    Fitting("vaccine_fridge", 1, "Trạm Y tế phường"),
    Fitting("power_meter", 1, "UBND phường Sông Mây", {"nominal_kw": 24.0}),
    Fitting("power_meter", 2, "Trạm bơm Đò Ngang", {"nominal_kw": 55.0}),
    Fitting("fire_alarm", 1, "Chợ Cầu Mới"),
    Fitting("camera", 3, "Chợ Cầu Mới"),
    Fitting("camera", 4, "Trường TH Hòa Bình"),
    Fitting("camera", 5, "Cống Đò Ngang"),
    Fitting("camera", 6, "Công an phường"),
    Fitting("camera", 16, "Hẻm 48 Bến Đò"),
    Fitting("public_address", 1, "UBND phường Sông Mây"),
    Fitting("public_address", 2, "Nhà văn hóa khu phố 2"),
    Fitting("public_address", 3, "Chợ Cầu Mới"),
    Fitting("public_address", 4, "Trạm xe buýt Bến Đò"),
)
"""The first of a type are kept in a smaller ward; all other devices stand along the streets."""


def slug(name: str) -> str:
    """Give a Vietnamese name as an id: lower-case letters and digits joined by hyphens."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in plain if letter.isascii())
    return "-".join(kept.lower().split())
