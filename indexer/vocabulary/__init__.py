"""Organizations and topics in both languages, and their loader."""
