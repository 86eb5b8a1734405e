"""The catalogue: kinds of devices, one YAML file each, loaded into frozen types."""
