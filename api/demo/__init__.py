"""The demonstration: processes, the portal's part, and the report."""
