"""The wire tap's resources: what can be tapped, and what passes there (docs/tap.md)."""
