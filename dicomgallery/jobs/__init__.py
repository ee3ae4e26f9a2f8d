"""Later work, by name."""
