"""Observation: metrics and the frame log."""
