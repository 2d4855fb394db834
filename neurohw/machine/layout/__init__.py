"""A network as flat tables and arrays, and the order in which they are gone through."""
