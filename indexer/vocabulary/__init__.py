"""Organizations and topics in YAML, both languages with aliases; one loader."""
