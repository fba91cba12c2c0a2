"""Frames in, results in frame pixels out."""
