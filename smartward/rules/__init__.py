"""Rule evaluation, pure: values and time in, transitions out."""
