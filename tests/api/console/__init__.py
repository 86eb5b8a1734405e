"""The console's part of the API's tests, on an invented ward."""
