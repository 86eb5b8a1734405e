"""Tests of the contract for machines."""
