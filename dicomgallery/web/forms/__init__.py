"""What pages send, checked."""
