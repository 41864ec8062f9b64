"""The people in the data: their keys, forgetting them, and who looked at them."""
