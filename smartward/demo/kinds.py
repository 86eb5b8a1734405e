"""Kinds: how many devices of each type the demo's ward has, how they are called, whose they are and who pays."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from smartward.observation import Value

_BUDGET = "Ngân sách phường 2026"
_PROVINCE = "Ngân sách tỉnh"
_PEOPLE = "Xã hội hóa"
_LEASE = "Thuê dịch vụ đến 12/2027"
_INFRASTRUCTURE = "Phòng Kinh tế, Hạ tầng và Đô thị"
_OFFICE = "Văn phòng HĐND-UBND phường"
_EVERYWHERE = ("road_main", "road_minor", "lane")


def _nothing(_chance: random.Random) -> dict[str, Value]:
    """Give no further parameters."""
    return {}


def _lighting(chance: random.Random) -> dict[str, Value]:
    """Give a cabinet's lamps."""
    return {"lamps": 20 + 2 * int(chance.random() * 11), "lamp_w": (80, 100, 120)[int(chance.random() * 3)]}


def _camera(chance: random.Random) -> dict[str, Value]:
    """Give what the law and the maintenance view ask of a camera."""
    year, month = 2021 + int(chance.random() * 5), 1 + int(chance.random() * 12)
    return {
        "notice_sign": chance.random() > 0.1,  # noqa: PLR2004 - nine in ten have their sign
        "legal_basis": "Luật 91/2025/QH15, Điều 32",
        "retention_days": 30,
        "qcvn135_cert": year > 2024,  # noqa: PLR2004 - the year before the standard binds
        "install_date": f"{year}-{month:02d}-15",
        "last_service": f"2026-{1 + int(chance.random() * 10):02d}-10",
    }


class Kind(msgspec.Struct, frozen=True):
    """One type in the demo: id code, usual number of 200, what it is called, where, owner with funding by chance.

    `first` is the number that street-side devices count from; `{kp}` in an owner is the khu phố's number.
    """

    type: str
    code: str
    usual: int
    called: str
    owners: tuple[tuple[str, str], ...]
    roads: tuple[str, ...] = _EVERYWHERE
    first: int = 1
    more: Callable[[random.Random], dict[str, Value]] = _nothing


KINDS = (
    Kind("camera", "cam", 24, "Camera", (("Công an phường", _BUDGET), ("Tổ dân phố khu phố {kp}", _PEOPLE),
         ("Tổ dân phố khu phố {kp}", _PEOPLE), ("Viễn thông tỉnh", _LEASE)), first=3, more=_camera),
    Kind("traffic_flow", "trf", 14, "Đếm xe", (("Công an phường", _PROVINCE),), roads=("road_main", "road_minor"),
         first=2),
    Kind("crowd_flow", "crd", 7, "Đếm người", (("Công an phường", _BUDGET),), first=2),
    Kind("air_quality", "air", 8, "Trạm không khí", ((_INFRASTRUCTURE, _PROVINCE), (_INFRASTRUCTURE, _BUDGET))),
    Kind("noise", "noi", 8, "Đo tiếng ồn", ((_INFRASTRUCTURE, _BUDGET),), roads=("road_main", "road_minor")),
    Kind("weather", "wea", 3, "Trạm thời tiết", ((_INFRASTRUCTURE, _PROVINCE),)),
    Kind("flood_road", "fld", 16, "Đo ngập", ((_INFRASTRUCTURE, _BUDGET), (_INFRASTRUCTURE, _PROVINCE))),
    Kind("river_level", "riv", 2, "Mực nước kênh", ((_INFRASTRUCTURE, _PROVINCE),)),
    Kind("streetlight_cabinet", "lgt", 37, "Tủ chiếu sáng", ((_INFRASTRUCTURE, _BUDGET),),
         roads=("road_main", "road_minor"), more=_lighting),
    Kind("waste_container", "bin", 32, "Điểm rác", (("Hợp tác xã Môi trường Sông Mây", _LEASE),
         (_INFRASTRUCTURE, _BUDGET))),
    Kind("parking", "par", 6, "Bãi xe", ((_INFRASTRUCTURE, _BUDGET), ("Ban quản lý chợ Cầu Mới", _PEOPLE))),
    Kind("public_address", "spk", 26, "Cụm loa", (("Phòng Văn hóa - Xã hội", _BUDGET),)),
    Kind("service_queue", "que", 3, "Hàng đợi", (("Trung tâm Phục vụ hành chính công", _BUDGET),)),
    Kind("dossier_kpi", "kpi", 1, "Chỉ số hồ sơ", (("Trung tâm Phục vụ hành chính công", _PROVINCE),)),
    Kind("citizen_report", "rep", 1, "Phản ánh hiện trường", ((_OFFICE, _PROVINCE),)),
    Kind("web_service", "web", 5, "Kiểm tra", ((_OFFICE, _PROVINCE),)),
    Kind("indoor_air", "cls", 3, "Không khí lớp học", (("Phòng Văn hóa - Xã hội", _PEOPLE),)),
    Kind("vaccine_fridge", "vac", 1, "Tủ vắc xin", (("Trạm Y tế phường", _PROVINCE),)),
    Kind("power_meter", "pow", 2, "Công tơ điện", ((_INFRASTRUCTURE, _BUDGET),)),
    Kind("fire_alarm", "fia", 1, "Tủ báo cháy", (("Ban quản lý chợ Cầu Mới", _PEOPLE),)),
)  # fmt: skip
