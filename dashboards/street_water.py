"""The dashboard "Nước": water on the streets, in the river and from the sky, for the operations centre's wall."""

from __future__ import annotations

from grafana_foundation_sdk.builders.bargauge import Panel as BarGauge
from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig, ReduceDataOptions, VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import Dashboard as DashboardModel
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DynamicConfigValue

from dashboards import appearance as look
from dashboards import influxql, variables
from smartward.catalogue import Catalogue

STREET = ("flood_road.flood_watch", "flood_road.flood_block", "flood_road.flood_danger")
RIVER = ("river_level.bd1", "river_level.bd2", "river_level.bd3")
RAIN_1H = ("weather.rain_1h",)
RAIN_24H = ("weather.rain_24h_very_heavy",)
WEEK_S = 7 * 24 * 3600


def street_water(catalogue: Catalogue) -> DashboardModel:
    """Build the dashboard."""
    return (
        Dashboard("Nước: đường phố, sông, mưa")
        .uid("smartward-street-water")
        .description(
            "Nước trên đường, mực nước sông và lượng mưa của một phường. Không nghe thấy gì thì không có gì xanh."
        )
        .tags(["smartward", "nước"])
        .timezone(catalogue.timezone)
        .time("now-6h", "now")
        .refresh("10s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(variables.datasource())
        .with_variable(variables.ward(measured_in="flood_road"))
        .with_row(Row("Ngay bây giờ").id(1))
        .with_panel(deepest_street(catalogue))
        .with_panel(river_stage(catalogue))
        .with_panel(rain_last_hour(catalogue))
        .with_panel(rain_last_day(catalogue))
        .with_panel(gauges_heard(catalogue))
        .with_row(Row("Diễn biến").id(7))
        .with_panel(depth_by_place(catalogue))
        .with_panel(places_by_depth(catalogue))
        .with_panel(stage_over_time(catalogue))
        .with_panel(rain_over_time(catalogue))
        .with_row(Row("Thiết bị").id(12))
        .with_panel(last_words(catalogue))
        .build()
    )


def deepest_street(catalogue: Catalogue) -> Stat:
    """Show how deep the deepest street is now."""
    return (
        _now("Đường ngập sâu nhất", panel_id=2)
        .description(
            f"Độ sâu lớn nhất trong các điểm đo đã nói trong {_minutes(catalogue, 'flood_road')} phút qua. Điểm đo có"
            f" ngưỡng riêng thì cảnh báo theo ngưỡng riêng. {look.sources(catalogue, *STREET)}"
        )
        .unit(look.unit(catalogue, "flood_road", "depth"))
        .decimals(2)
        .thresholds(look.limits(catalogue, *STREET))
        .with_target(
            influxql.Query(influxql.worst("flood_road", "depth", within_s=look.fresh_s(catalogue, "flood_road")))
        )
    )


def river_stage(catalogue: Catalogue) -> Stat:
    """Show the river's stage against the three flood alarm levels."""
    return (
        _now("Mực nước sông", panel_id=3)
        .description(
            f"Mực nước cao nhất trong các trạm đã nói trong {_minutes(catalogue, 'river_level')} phút qua, so với"
            " báo động I, II, III của trạm mẫu."
            f" {look.sources(catalogue, *RIVER)}"
        )
        .unit(look.unit(catalogue, "river_level", "water_level"))
        .decimals(2)
        .thresholds(look.limits(catalogue, *RIVER))
        .with_target(
            influxql.Query(
                influxql.worst("river_level", "water_level", within_s=look.fresh_s(catalogue, "river_level"))
            )
        )
    )


def rain_last_hour(catalogue: Catalogue) -> Stat:
    """Show the last hour's rain at the wettest gauge."""
    return (
        _now("Mưa 1 giờ", panel_id=4)
        .description(f"Tổng lượng mưa 60 phút qua ở trạm mưa nhiều nhất. {look.sources(catalogue, *RAIN_1H)}")
        .unit(look.unit(catalogue, "weather", "rain"))
        .decimals(1)
        .thresholds(look.limits(catalogue, *RAIN_1H))
        .with_target(influxql.Query(influxql.highest_sum("weather", "rain", within_s=3600)))
    )


def rain_last_day(catalogue: Catalogue) -> Stat:
    """Show the last day's rain at the wettest gauge."""
    return (
        _now("Mưa 24 giờ", panel_id=5)
        .description(f"Tổng lượng mưa 24 giờ qua ở trạm mưa nhiều nhất. {look.sources(catalogue, *RAIN_24H)}")
        .unit(look.unit(catalogue, "weather", "rain"))
        .decimals(1)
        .thresholds(look.limits(catalogue, *RAIN_24H))
        .with_target(influxql.Query(influxql.highest_sum("weather", "rain", within_s=24 * 3600)))
    )


def gauges_heard(catalogue: Catalogue) -> Stat:
    """Show how many street gauges speak, so that a quiet picture is not taken for a dry one."""
    return (
        _now("Điểm đo đang nói", panel_id=6, width=4)
        .description(
            f"Số điểm đo ngập đã nói trong {_minutes(catalogue, 'flood_road')} phút qua. Số 0 hoặc không có dữ liệu"
            " nghĩa là không biết đường có ngập hay không, không phải là đường khô."
        )
        .unit("none")
        .decimals(0)
        .thresholds(look.below(1))
        .with_target(
            influxql.Query(influxql.heard("flood_road", "depth", within_s=look.fresh_s(catalogue, "flood_road")))
        )
    )


def depth_by_place(catalogue: Catalogue) -> TimeSeries:
    """Draw the depth of every street gauge over time, with the default limits as lines."""
    return (
        _over_time("Độ sâu ngập theo điểm đo", panel_id=8)
        .description(f"Độ sâu nước trên mặt đường. Đứt đoạn là không có dữ liệu. {look.sources(catalogue, *STREET)}")
        .unit(look.unit(catalogue, "flood_road", "depth"))
        .min(0)
        .axis_soft_max(0.5)
        .thresholds(look.limits(catalogue, *STREET))
        .with_target(influxql.Query(influxql.over_time("flood_road", "depth", fn="max")).alias("$tag_device"))
    )


def places_by_depth(catalogue: Catalogue) -> BarGauge:
    """Rank the street gauges by their depth now."""
    return (
        BarGauge()
        .id(9)
        .title("Điểm ngập, sâu nhất hiện nay")
        .description(
            f"Giá trị cuối của mỗi điểm đo đã nói trong {_minutes(catalogue, 'flood_road')} phút qua."
            f" {look.sources(catalogue, *STREET)}"
        )
        .datasource(variables.DATASOURCE)
        .height(9)
        .span(12)
        .orientation(VizOrientation.HORIZONTAL)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .unit(look.unit(catalogue, "flood_road", "depth"))
        .decimals(2)
        .min(0)
        .max(1)
        .mappings(look.no_data())
        .no_value(look.NO_DATA)
        .thresholds(look.limits(catalogue, *STREET))
        .with_target(
            influxql.Query(
                influxql.latest("flood_road", "depth", within_s=look.fresh_s(catalogue, "flood_road"))
            ).alias("$tag_device")
        )
    )


def stage_over_time(catalogue: Catalogue) -> TimeSeries:
    """Draw the river's stage over time, with the alarm levels as lines."""
    return (
        _over_time("Mực nước sông và báo động I, II, III", panel_id=10)
        .description(f"Mực nước theo cao độ trạm thủy văn. {look.sources(catalogue, *RIVER)}")
        .unit(look.unit(catalogue, "river_level", "water_level"))
        .thresholds(look.limits(catalogue, *RIVER))
        .with_target(influxql.Query(influxql.over_time("river_level", "water_level")).alias("$tag_device"))
    )


def rain_over_time(catalogue: Catalogue) -> TimeSeries:
    """Draw the rain of each interval as bars."""
    return (
        _over_time("Mưa theo thời gian", panel_id=11)
        .description("Lượng mưa của mỗi khoảng vẽ, theo trạm. Ngưỡng cảnh báo tính trên tổng 1 giờ, xem ô Mưa 1 giờ.")
        .unit(look.unit(catalogue, "weather", "rain"))
        .min(0)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(60)
        .thresholds(look.plain())
        .with_target(influxql.Query(influxql.over_time("weather", "rain", fn="sum")).alias("$tag_device"))
    )


def last_words(catalogue: Catalogue) -> Table:
    """List when each street gauge spoke last, the longest silent first to be seen."""
    return (
        Table()
        .id(13)
        .title("Lần nói cuối của từng điểm đo")
        .description("Mọi điểm đo đã nói trong 7 ngày qua. Điểm im lặng vẫn đứng trong bảng với tuổi của số liệu.")
        .datasource(variables.DATASOURCE)
        .height(8)
        .span(24)
        .unit(look.unit(catalogue, "flood_road", "depth"))
        .decimals(2)
        .mappings(look.no_data())
        .no_value(look.NO_DATA)
        .thresholds(look.limits(catalogue, *STREET))
        .override_by_name("Time", [_property("displayName", "Nói lần cuối"), _property("unit", "dateTimeFromNow")])
        .override_by_name("device", [_property("displayName", "Thiết bị")])
        .override_by_name("last", [_property("displayName", "Độ sâu khi đó")])
        .with_target(influxql.Query(influxql.latest("flood_road", "depth", within_s=WEEK_S)).as_table())
    )


def _now(title: str, *, panel_id: int, width: int = 5) -> Stat:
    """Begin a tile that shows one number as it is now; a line of the wall is 24 columns wide."""
    return (
        Stat()
        .id(panel_id)
        .title(title)
        .datasource(variables.DATASOURCE)
        .height(6)
        .span(width)
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .mappings(look.no_data())
        .no_value(look.NO_DATA)
    )


def _over_time(title: str, *, panel_id: int) -> TimeSeries:
    """Begin a half-width chart; gaps are left open and limits are drawn as dashed lines."""
    return (
        TimeSeries()
        .id(panel_id)
        .title(title)
        .datasource(variables.DATASOURCE)
        .height(9)
        .span(12)
        .line_width(2)
        .fill_opacity(8)
        .legend(
            VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True)  # noqa: FBT003  # the SDK's signature
        )
        .thresholds_style(GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
        .mappings(look.no_data())
        .no_value(look.NO_DATA)
    )


def _minutes(catalogue: Catalogue, device_type: str) -> int:
    return look.fresh_s(catalogue, device_type) // 60


def _property(name: str, value: object) -> DynamicConfigValue:
    return DynamicConfigValue(id_val=name, value=value)
