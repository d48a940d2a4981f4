"""Ended jobs are forgotten after a while: when, and what goes with them."""
