"""Grafana as code: each file reads as one dashboard's table of contents."""
