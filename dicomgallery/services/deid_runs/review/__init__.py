"""The review of burned-in text: boxes proposed, seen by a person, and done by the run that set the objects apart."""
