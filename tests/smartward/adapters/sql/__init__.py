"""The relational database as it is: two dialects, two processes, real migrations."""
