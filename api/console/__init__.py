"""The operations console: what people see in a browser, rendered by the server."""
