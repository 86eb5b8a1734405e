"""Short names for kinds of devices, where a list has room for two words; the catalogue's own label is the rest."""

from __future__ import annotations

from smartward.catalogue.model import Catalogue, Lang, label

SHORT: dict[str, tuple[str, str]] = {
    "camera": ("Camera", "Cameras"),
    "traffic_flow": ("Giao thông", "Traffic"),
    "crowd_flow": ("Đám đông", "Crowds"),
    "air_quality": ("Không khí", "Air quality"),
    "noise": ("Tiếng ồn", "Noise"),
    "weather": ("Thời tiết", "Weather"),
    "flood_road": ("Ngập đường", "Street water"),
    "river_level": ("Mực nước sông", "River level"),
    "streetlight_cabinet": ("Chiếu sáng", "Street lights"),
    "waste_container": ("Thùng rác", "Waste"),
    "parking": ("Bãi đỗ xe", "Parking"),
    "public_address": ("Loa truyền thanh", "Loudspeakers"),
    "service_queue": ("Một cửa", "One-stop queue"),
    "dossier_kpi": ("Hồ sơ", "Dossiers"),
    "citizen_report": ("Phản ánh", "Reports"),
    "edge_gateway": ("Cổng kết nối", "Gateways"),
    "power_meter": ("Công tơ điện", "Power meters"),
    "fire_alarm": ("Báo cháy", "Fire alarms"),
    "vaccine_fridge": ("Tủ vắc-xin", "Vaccine fridges"),
    "indoor_air": ("Không khí lớp học", "Indoor air"),
    "web_service": ("Trang, dịch vụ", "Web services"),
}


def short_name(device_type: str, *, catalogue: Catalogue, lang: Lang) -> str:
    """Name a kind of device in two or three words; an unknown kind by its own id."""
    if device_type in SHORT:
        return SHORT[device_type][1 if lang == "en" else 0]
    kind = catalogue.types.get(device_type)
    return label(kind, lang) if kind else device_type
