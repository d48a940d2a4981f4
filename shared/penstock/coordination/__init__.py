"""The coordination plane: what the services agree on in Redis. Keys, messages, leases, guarded commits, streams, blobs."""
