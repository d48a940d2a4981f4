"""StreamGraph -> JobGraph -> ExecutionGraph: data and pure functions, no I/O."""
