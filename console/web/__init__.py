"""The web console: executions, live and past, in a browser."""
