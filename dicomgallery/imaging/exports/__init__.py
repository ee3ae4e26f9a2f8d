"""What a series becomes when it leaves: movies and contact sheets of its pictures, files of its values."""
