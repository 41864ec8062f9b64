"""Measuring: what the log, the projections and the reports cost here, beside what others cost."""
