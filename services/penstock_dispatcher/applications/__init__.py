"""Applications: what Flink 2.3 calls the programs that were submitted, each with its jobs."""
