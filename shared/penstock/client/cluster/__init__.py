"""A cluster of local processes in the background: `penstock cluster start|status|stop`."""
