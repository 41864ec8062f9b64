"""A witness for the logs of others (C2SP tlog-witness): a small service that another municipality or the
auditor runs. It shares nothing with the log but what the log's operator sends it."""
