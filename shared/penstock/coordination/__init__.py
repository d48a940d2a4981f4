"""The coordination plane: what the services agree on in Redis. Leases, guarded commits, streams, blobs, registries."""
