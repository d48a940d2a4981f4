"""What is below `/jobs/:id/vertices/:vid`."""
