"""Numbers into pictures."""
