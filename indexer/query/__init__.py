"""What a person typed -> Query, independent of any engine."""
