"""What runs inside a task: operator specs (data, pickled into the job), their runtime twins, and chain fusion."""
