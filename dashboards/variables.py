"""Variables: which data source and which ward a dashboard shows; nothing of either stands in a query."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh, VariableSort

DATASOURCE = DataSourceRef(type_val="influxdb", uid="${datasource}")
IN_WARD = '"ward" =~ /^${ward:regex}$/'


def datasource() -> DatasourceVariable:
    """Let the viewer choose among the InfluxDB data sources of this Grafana."""
    return DatasourceVariable("datasource").label("Kho dữ liệu").type("influxdb")


def ward(*, measured_in: str) -> QueryVariable:
    """Let the viewer choose a ward among those that have devices of a type."""
    return (
        QueryVariable("ward")
        .label("Phường")
        .datasource(DATASOURCE)
        .query(f'SHOW TAG VALUES FROM "{measured_in}" WITH KEY = "ward"')
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )
