"""Observers of results: video, log, summary."""
