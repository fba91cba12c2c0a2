"""One file a runtime, found by its file name."""
