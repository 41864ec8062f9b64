"""Files that other systems write and read: one module a format."""
