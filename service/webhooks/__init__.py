"""Webhooks: other systems are told of the log's events, signed, in order, and again until they took them."""
