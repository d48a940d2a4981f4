"""Input of batch jobs: sorted by key and time, broadcast sides first."""
