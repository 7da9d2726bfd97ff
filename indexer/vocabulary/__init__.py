"""Organizations and topics with aliases in both languages, in YAML files, and their loader."""
