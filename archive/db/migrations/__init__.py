"""How the store's schema came to be, step by step; the crawler's and the indexer's tables share it."""
