"""The cluster secret: what is signed by it, and what is refused without. See docs/security.md."""
