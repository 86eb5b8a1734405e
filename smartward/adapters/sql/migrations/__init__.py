"""The history of the schema, oldest revision first; run by `smartward.adapters.sql.migrate`."""
