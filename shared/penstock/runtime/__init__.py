"""Runs tasks: the mailbox loop of a slot, on a cluster (`slot`) or in the program's own process (`local`)."""
