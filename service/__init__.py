"""Where the pure folders meet the world: HTTP, PostgreSQL, clocks, files, banks."""
