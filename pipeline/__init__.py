"""Threads, states and rates between a source, a detector and its observers."""
