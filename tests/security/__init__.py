"""What the code is held to so that nobody gets in, and nobody's data get out."""
