"""One module a page: reads what the page shows, and does what its buttons ask for."""
