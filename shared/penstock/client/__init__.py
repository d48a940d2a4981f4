"""The client: configuration, command line, REST client, job packaging, local clusters."""
