"""The flag rules on data sets that nobody tuned them to."""
