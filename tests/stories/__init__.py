"""One system of the project's sources a file, from the first offer to closed books (docs/stories.md)."""
