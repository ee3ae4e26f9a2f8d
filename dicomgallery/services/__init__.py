"""One public function for each thing a user can ask for."""
