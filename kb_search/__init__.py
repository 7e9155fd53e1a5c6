"""Finds answers: articles, their terms, a derived index, and search. Talks to tantivy alone."""
