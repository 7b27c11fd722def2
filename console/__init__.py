"""What people see: the command line and the report of a run."""
