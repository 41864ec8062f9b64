"""The auditor's bundle: what a programme's auditor needs, to be verified without us."""
