"""Every SELECT; every function takes the scope of who asks, and filters by it."""
