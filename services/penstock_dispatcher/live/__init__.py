"""What the Web UI shows: one document a page, as plain GET and as a stream of server-sent events."""
