"""Measurements that assert nothing: they print ratios for people to read."""
