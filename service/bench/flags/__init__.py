"""What the flag rules find: in the pilot's data sets, and in ones that were made up when nobody looked."""
