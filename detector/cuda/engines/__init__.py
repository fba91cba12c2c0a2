"""Engines that take device memory, one file a runtime, found by its file name."""
