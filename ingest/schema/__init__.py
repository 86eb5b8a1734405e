"""The contract for machines: JSON Schema and AsyncAPI, written from the types and limits that ingest itself uses."""
