"""What every role of the stack needs, derived from what it is for; the tests compare it."""
