"""The API: shows what ingest knows, records what people do, and carries the console."""
