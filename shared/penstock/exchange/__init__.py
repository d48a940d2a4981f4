"""The data plane: record batches and control elements from task to task, through input logs or in memory."""
