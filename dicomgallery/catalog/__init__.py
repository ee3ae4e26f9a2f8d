"""Every SELECT of the product; each function takes the actor's scope first and filters by it."""
