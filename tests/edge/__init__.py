"""What runs on a gateway."""
