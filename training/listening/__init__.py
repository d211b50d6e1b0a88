"""A blind listening test in one static page, and the statistics of its results."""
