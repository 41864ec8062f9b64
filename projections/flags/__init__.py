"""Flags: questions put to a person, each raised by a rule that anybody can read."""
