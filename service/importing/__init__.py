"""A data set of the pilot's kind: spreadsheets, receipts and statements in, commands out."""
