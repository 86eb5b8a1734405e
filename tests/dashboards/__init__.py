"""Tests of the Grafana dashboards: the files follow the code, and every query runs on a real InfluxDB."""
