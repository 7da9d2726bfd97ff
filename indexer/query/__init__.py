"""Search arguments -> Query -> plan, and highlighting; independent of any engine."""
