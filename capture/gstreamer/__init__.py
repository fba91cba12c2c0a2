"""GStreamer pipelines, through an OpenCV that was built with it."""
