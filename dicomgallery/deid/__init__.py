"""Identity removed, and the proof of it; files and bytes only, no database."""
