"""Amazon EventBridge's part that moto lacks: events reach functions and state machines."""
