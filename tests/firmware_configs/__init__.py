"""Tests of the firmware configurations: what they say is what our decoder takes, and the broker's rules hold."""
