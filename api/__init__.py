"""HTTP and the command line: the only rooms that speak to people and programs outside."""
