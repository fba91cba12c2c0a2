"""One file a study, found by its file name."""
