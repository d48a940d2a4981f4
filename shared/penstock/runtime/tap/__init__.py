"""The wire tap in a slot process: what passes on an edge, sampled and told as text (docs/tap.md)."""
