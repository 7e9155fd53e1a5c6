"""The switchboard: the only place that knows every room."""
